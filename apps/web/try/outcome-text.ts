/** A duration in the unit that suits it. */
export function durationText(durationMs: number): string {
  if (durationMs < 10) return `${durationMs.toFixed(1)} ms`
  const rounded = Math.round(durationMs)
  return rounded < 1_000 ? `${rounded} ms` : `${(durationMs / 1_000).toFixed(1)} s`
}

/** A size in the unit that suits it; a KB has 1,000 bytes. */
export function bytesText(byteCount: number): string {
  if (byteCount < 1_000) return `${byteCount} B`
  return byteCount < 1_000_000
    ? `${(byteCount / 1_000).toFixed(1)} KB`
    : `${(byteCount / 1_000_000).toFixed(1)} MB`
}

/** How a code is shown: a call that the person has canceled is no error. */
export function codeKind(code: string): string {
  return ['ok', 'running', 'canceled'].includes(code) ? code : 'error'
}
