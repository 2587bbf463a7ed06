/** Collects the newest value of each key, and applies all of them once per animation frame. */
export interface FrameBatch<Key, Value> {
  put(key: Key, value: Value): void
}

/** @param requestFrame `requestAnimationFrame`: calls back before the next paint. */
export function createFrameBatch<Key, Value>(
  apply: (changes: ReadonlyMap<Key, Value>) => void,
  requestFrame: (callback: () => void) => unknown,
): FrameBatch<Key, Value> {
  let pending = new Map<Key, Value>()
  const flush = () => {
    const changes = pending
    pending = new Map()
    apply(changes)
  }
  return {
    put(key, value) {
      const isFirst = pending.size === 0
      pending.set(key, value)
      if (isFirst) requestFrame(flush)
    },
  }
}
