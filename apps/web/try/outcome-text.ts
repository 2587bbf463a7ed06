/** A duration in the unit that suits it. */
export function durationText(durationMs: number): string {
  if (durationMs < 10) return `${durationMs.toFixed(1)} ms`
  return durationMs < 10_000
    ? `${Math.round(durationMs)} ms`
    : `${(durationMs / 1000).toFixed(1)} s`
}

/** A size in the unit that suits it; a KB has 1,000 bytes. */
export function bytesText(byteCount: number): string {
  if (byteCount < 1_000) return `${byteCount} B`
  return byteCount < 1_000_000
    ? `${(byteCount / 1_000).toFixed(1)} KB`
    : `${(byteCount / 1_000_000).toFixed(1)} MB`
}
