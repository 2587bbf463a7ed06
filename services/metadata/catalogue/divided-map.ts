/** Values by text, as a `Map` has them, for a million texts and more. */
export interface DividedMap<Value> {
  /** Number of texts. */
  readonly size: number
  get(text: string): Value | undefined
  has(text: string): boolean
  set(text: string, value: Value): void
  delete(text: string): boolean
  keys(): IterableIterator<string>
}

const partCount = 256

/**
 * Divides the texts among many maps. A map that grows moves all of its entries, and the garbage
 * collector reads a map again after each change: with a million, both take too long for one turn.
 */
export function createDividedMap<Value>(): DividedMap<Value> {
  const parts = Array.from({ length: partCount }, () => new Map<string, Value>())
  const partOf = (text: string) => parts[hashOf(text) % partCount] as Map<string, Value>
  let size = 0
  return {
    get size() {
      return size
    },
    get: (text) => partOf(text).get(text),
    has: (text) => partOf(text).has(text),
    set(text, value) {
      const part = partOf(text)
      const before = part.size
      part.set(text, value)
      size += part.size - before
    },
    delete(text) {
      const isDeleted = partOf(text).delete(text)
      if (isDeleted) size--
      return isDeleted
    },
    *keys() {
      for (const part of parts) yield* part.keys()
    },
  }
}

/** Returns the hash of FNV-1a (RFC 9923), of UTF-16 code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
