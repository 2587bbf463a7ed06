/**
 * Returns the rate for timing the calls of each peer, in calls per second: half of what the slower
 * of the leaders can, so that the leaders are compared at the same rate. A peer that is slower
 * still gets half of what it can.
 * @param saturations Maximum rate of each peer, in calls per second.
 */
export function toRates(
  saturations: ReadonlyMap<string, number>,
  leaders: readonly string[],
): Map<string, number> {
  const slowest = Math.min(...leaders.map((name) => saturations.get(name) ?? Infinity))
  return new Map([...saturations].map(([name, own]) => [name, Math.min(own, slowest) / 2]))
}
