import { expect, test } from 'bun:test'
import { create, fromBinary } from '@bufbuild/protobuf'
import { messagesOf } from '@marquee/testing/rating-calls'
import { WatchAggregatedRatingsResponseSchema as schema } from '../../../gen/rating/v1/rating_pb.ts'
import type { Compression } from '../compression/compression.ts'
import { type Codec, createCodec } from '../protobuf/codec.ts'
import { compressedFlag, EnvelopeBatch } from '../wire/envelope.ts'
import { encodeOnce } from './encode-once.ts'
import { Output } from './output.ts'

const recordId = 'a long record id '.repeat(200)
const message = () => create(schema, { aggregatedRating: { recordId } })

test('a message of many streams is encoded once for each codec', () => {
  const { codec, encodedCount } = counting()
  const shared = encodeOnce(message())
  const batches = Array.from({ length: 50 }, () => {
    const batch = new EnvelopeBatch()
    new Output(schema, codec, undefined).addTo(batch, shared)
    return batch
  })
  expect(encodedCount()).toBe(1)
  for (const batch of batches) {
    const [bytes] = messagesOf(Buffer.from(batch.take()))
    expect(fromBinary(schema, bytes ?? Buffer.alloc(0))).toEqual(message())
  }
})

test('a message of many streams is compressed once', async () => {
  let compressedCount = 0
  const compression = {
    name: 'test',
    async compress(bytes: Uint8Array) {
      compressedCount++
      return bytes
    },
  } as unknown as Compression
  const { codec } = counting()
  const shared = encodeOnce(message())
  const adding = Array.from({ length: 50 }, () =>
    new Output(schema, codec, compression).addTo(new EnvelopeBatch(), shared),
  )
  const encodings = await Promise.all(adding)
  expect([compressedCount, new Set(encodings).size]).toEqual([1, 1])
  expect(encodings[0]?.[0]).toBe(compressedFlag)
})

function counting() {
  let count = 0
  const real = createCodec(schema, 'proto', {})
  const codec: Codec = {
    ...real,
    serialize(one) {
      count++
      return real.serialize(one)
    },
  }
  return { codec, encodedCount: () => count }
}
