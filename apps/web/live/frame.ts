/** Gathers what comes for each key, the newest only, and hands all of it over once a frame. */
export interface FrameGatherer<Key, Value> {
  put(key: Key, value: Value): void
}

/** @param requestFrame calls back before the browser draws: `requestAnimationFrame`. */
export function createFrameGatherer<Key, Value>(
  apply: (changes: ReadonlyMap<Key, Value>) => void,
  requestFrame: (callback: () => void) => unknown,
): FrameGatherer<Key, Value> {
  let gathered = new Map<Key, Value>()
  const hand = () => {
    const changes = gathered
    gathered = new Map()
    apply(changes)
  }
  return {
    put(key, value) {
      const isFirst = gathered.size === 0
      gathered.set(key, value)
      if (isFirst) requestFrame(hand)
    },
  }
}
