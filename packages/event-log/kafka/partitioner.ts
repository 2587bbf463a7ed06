import type { ICustomPartitioner } from 'kafkajs'

const seed = 0x9747b28c
const multiplier = 0x5bd1e995
const shift = 24

/**
 * 32-bit murmur2 of the bytes, signed, as Java's clients compute it (`Utils.murmur2`), in time that grows with the
 * length: kafkajs's own takes 8 s for 400 KB, as its numbers grow without bound.
 */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  const whole = length - (length % 4)
  let hash = seed ^ length
  for (let index = 0; index < whole; index += 4) {
    let word = Math.imul(view.getInt32(index, true), multiplier)
    word ^= word >>> shift
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  for (let index = length - 1; index >= whole; index--) {
    hash ^= view.getUint8(index) << (8 * (index - whole))
    if (index === whole) hash = Math.imul(hash, multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/**
 * Chooses partitions as Java's clients do: by the key's murmur2. Records without a key take turns, among the partitions
 * that have a leader.
 */
export const createKafkaPartitioner: ICustomPartitioner = () => {
  let turns = 0
  return ({ partitionMetadata, message: { key, partition } }) => {
    if (partition !== null && partition !== undefined) return partition
    if (key !== null && key !== undefined) {
      const bytes = typeof key === 'string' ? Buffer.from(key) : key
      return (murmur2(bytes) & 0x7fffffff) % partitionMetadata.length
    }
    const led = partitionMetadata.filter(({ leader }) => leader >= 0)
    const among = led.length > 0 ? led : partitionMetadata
    return among[turns++ % among.length]?.partitionId ?? 0
  }
}
