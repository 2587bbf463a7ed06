/** Number of calls from which a quantile is interpolated. Fewer are not spread over a bucket. */
const interpolatedMin = 20

/**
 * A quantile of durations in a histogram, in milliseconds, interpolated within its bucket as
 * Prometheus does. Of fewer than 20 calls, it is the bound of the bucket. Returns infinity in the last bucket, which has no upper bound, and undefined
 * without any call.
 * @param share From 0 to 1: 0.95 for p95.
 */
export function quantile(
  boundsMs: readonly number[],
  counts: readonly number[],
  share: number,
): number | undefined {
  const total = sum(counts)
  if (total === 0) return undefined
  const rank = share * total
  let below = 0
  for (const [index, count] of counts.entries()) {
    const upper = boundsMs[index]
    if (below + count >= rank && count > 0) {
      if (upper === undefined) return Number.POSITIVE_INFINITY
      if (total < interpolatedMin) return upper
      const lower = boundsMs[index - 1] ?? 0
      return lower + ((upper - lower) * (rank - below)) / count
    }
    below += count
  }
  return undefined
}

/** Sums histograms with the same bounds. */
export function mergeBuckets(histograms: readonly (readonly number[])[]): number[] {
  const [first = []] = histograms
  return first.map((_, index) => sum(histograms.map((counts) => counts[index] ?? 0)))
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
