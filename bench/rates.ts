/**
 * The rate at which the calls of each peer are timed, in calls a second: half of what the slower of the leaders can, so
 * that they are compared at the same rate; of a peer that is slower still, half of what itself can.
 * @param saturations what each peer can, in calls a second.
 */
export function toRates(
  saturations: ReadonlyMap<string, number>,
  leaders: readonly string[],
): Map<string, number> {
  const slowest = Math.min(...leaders.map((name) => saturations.get(name) ?? Infinity))
  return new Map([...saturations].map(([name, own]) => [name, Math.min(own, slowest) / 2]))
}
