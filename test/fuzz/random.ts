import { createSeededRandom } from '../faults/seeded-random.ts'

/** Random choices that are the same for the same seed. */
export interface Random {
  /** Returns a whole number, both bounds included. */
  integer(min: number, max: number): number
  /** Returns true once in this many times. */
  once(inTimes: number): boolean
  pick<T>(items: readonly T[]): T
  bytes(length: number): Buffer
  /** Splits the bytes at random places, often into single bytes. */
  cut(bytes: Buffer): Buffer[]
}

export function createRandom(seed: number): Random {
  const { integer } = createSeededRandom(seed)
  const once = (inTimes: number) => integer(1, inTimes) === 1
  return {
    integer,
    once,
    pick: (items) => items[integer(0, items.length - 1)] as (typeof items)[number],
    bytes: (length) => Buffer.from(Array.from({ length }, () => integer(0, 255))),
    cut(bytes) {
      const lengthMax = once(3) ? 3 : once(2) ? 40 : Math.max(1, bytes.length)
      const parts: Buffer[] = []
      for (let at = 0; at < bytes.length; ) {
        const end = at + integer(1, lengthMax)
        // A copy, because each read of a socket is a separate buffer.
        parts.push(Buffer.from(bytes.subarray(at, end)))
        at = end
      }
      return parts
    },
  }
}
