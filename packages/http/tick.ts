/**
 * Gathers what comes in one turn of the event loop, and hands each on at its end, in order.
 * @param later Asks for the end of the turn.
 */
export function gatherTurn<T>(
  handOn: (item: T) => void,
  later: (act: () => void) => void = setImmediate,
): (item: T) => void {
  let gathered: T[] = []
  function handOnAll(): void {
    const items = gathered
    gathered = []
    for (const item of items) handOn(item)
  }
  return (item) => {
    if (gathered.push(item) === 1) later(handOnAll)
  }
}
