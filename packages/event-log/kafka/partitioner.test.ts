import { expect, test } from 'bun:test'
import { Partitioners, type PartitionMetadata } from 'kafkajs'
import { createKafkaPartitioner, murmur2 } from './partitioner.ts'

const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({
  partitionId,
  leader: 1,
})) as PartitionMetadata[]

// Test vectors of Kafka's own UtilsTest.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('the hash of %s is the same as with Java clients', (text, hash) => {
  expect(murmur2(new TextEncoder().encode(text))).toBe(hash)
})

test('keys of any length and content go to the same partition as with kafkajs', () => {
  const [own, kafkajs] = [createKafkaPartitioner(), Partitioners.JavaCompatiblePartitioner()]
  for (let length = 0; length < 70; length++) {
    const key = Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
    const choice = { topic: 'any', partitionMetadata, message: { key, value: null } }
    expect([key.toString('hex'), own(choice)]).toEqual([key.toString('hex'), kafkajs(choice)])
  }
})

test('the bytes around a key in a larger buffer are ignored', () => {
  const bytes = new TextEncoder().encode('...foobar')
  expect(murmur2(bytes.subarray(3))).toBe(-790332482)
})

test('the time of hashing grows linearly with the key', () => {
  const timeOf = (length: number) => {
    const key = new Uint8Array(length).fill(7)
    const startMs = performance.now()
    murmur2(key)
    return performance.now() - startMs
  }
  timeOf(4_000_000)
  const [half, whole] = [timeOf(4_000_000), timeOf(32_000_000)]
  // Eight times as long: quadratic would be 64 times.
  expect(whole).toBeLessThan(32 * Math.max(half, 1))
})

test('records without a key go round-robin to the partitions that have a leader', () => {
  const choose = createKafkaPartitioner()
  const some = partitionMetadata.map((one) => ({ ...one, leader: one.partitionId % 2 ? 1 : -1 }))
  const choice = { topic: 'any', partitionMetadata: some, message: { key: null, value: null } }
  expect(Array.from({ length: 4 }, () => choose(choice))).toEqual([1, 3, 5, 1])
})
