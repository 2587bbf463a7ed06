/**
 * Gathers items during one event-loop turn, and passes each on at its end, in order.
 * @param later Schedules the end of the turn. Default: `setImmediate`.
 */
export function gatherTick<T>(
  passOn: (item: T) => void,
  later: (act: () => void) => void = setImmediate,
): (item: T) => void {
  let gathered: T[] = []
  function passOnAll(): void {
    const items = gathered
    gathered = []
    for (const item of items) passOn(item)
  }
  return (item) => {
    if (gathered.push(item) === 1) later(passOnAll)
  }
}
