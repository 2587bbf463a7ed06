import { describe, expect, test } from 'bun:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { failureOf } from '@marquee/testing/failure-of'
import { gatewayProtocols, startGateway, startInstance } from '@marquee/testing/forwarding'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { messagesOf, setUpCalls, watchRequest } from '@marquee/testing/rating-calls'
import { waitFor } from '@marquee/testing/wait-for'
import { WatchAggregatedRatingsResponseSchema } from '../../gen/rating/v1/rating_pb.ts'
import { Lifetime } from './lifetime.ts'
import { ResponseStream, type StreamOutput } from './response/stream.ts'
import { createTimeouts } from './timeouts.ts'
import { encodeEnvelope } from './wire/envelope.ts'

const limits = { heartbeatMs: 20 }
const record = { recordId: '1', recordType: 'movie' }
const never = new Promise<never>(() => {})

/** Sends these states, and then none. */
function quietAfter(...counts: readonly bigint[]) {
  return async function* watchAggregatedRatings() {
    for (const count of counts) yield { aggregatedRating: { ...record, count } }
    await never
  }
}

describe.each(gatewayProtocols)('by %s', (protocol) => {
  test('a quiet stream repeats its last message, also through a gateway', async () => {
    const implementation = { watchAggregatedRatings: quietAfter(1n, 2n) }
    await using instance = await startInstance(implementation, { limits })
    await using gateway = await startGateway([instance.url])
    const leaving = new AbortController()
    const { signal } = leaving
    const counts: bigint[] = []
    const watch = gateway.rating(protocol).watchAggregatedRatings({ records: [record] }, { signal })
    const reading = Array.fromAsync(watch, ({ aggregatedRating }) => {
      counts.push(aggregatedRating?.count ?? 0n)
      if (counts.length === 5) leaving.abort()
    })
    await failureOf(reading)
    expect(counts).toEqual([1n, 2n, 2n, 2n, 2n])
  })
})

test('a compressed message is repeated too', async () => {
  const recordId = 'long '.repeat(1_000)
  const { call } = setUpCalls({
    limits,
    implementation: {
      async *watchAggregatedRatings() {
        yield { aggregatedRating: { ...record, recordId } }
        await never
      },
    },
  })
  const exchange = call('WatchAggregatedRatings', [watchRequest], ['grpc-accept-encoding', 'gzip'])
  await waitFor(() => messagesOf(exchange.responseBytes).length >= 3 || undefined, {
    what: 'repeats',
  })
  const [first, ...others] = messagesOf(exchange.responseBytes)
  for (const other of others) expect(other).toEqual(first as Buffer)
})

test('a stream repeats nothing before its first message or after its end', async () => {
  const gate = Promise.withResolvers<void>()
  const { call } = setUpCalls({
    limits,
    implementation: {
      async *watchAggregatedRatings() {
        await gate.promise
        yield { aggregatedRating: { ...record, count: 7n } }
      },
    },
  })
  const silent = call('WatchAggregatedRatings', [watchRequest])
  const beating = setUpCalls({
    limits,
    implementation: { watchAggregatedRatings: quietAfter(1n) },
  }).call('WatchAggregatedRatings', [watchRequest])
  // The time of several heartbeats, as another stream counts them.
  await waitFor(() => messagesOf(beating.responseBytes).length >= 4 || undefined, { what: 'beats' })
  expect(silent.responseBytes.length).toBe(0)
  gate.resolve()
  await silent.over
  const counts = messagesOf(silent.responseBytes).map(
    (bytes) => fromBinary(WatchAggregatedRatingsResponseSchema, bytes).aggregatedRating?.count,
  )
  expect(counts).toEqual([7n])
})

test('a state that is compressed while its successor arrives is not sent after it', async () => {
  const packing: ((envelope: Uint8Array) => void)[] = []
  const output: StreamOutput = {
    addTo: () => new Promise<Uint8Array>((resolve) => void packing.push(resolve)),
  }
  const states = [1n, 2n].map((count) =>
    create(WatchAggregatedRatingsResponseSchema, { aggregatedRating: { count } }),
  )
  const encoded = states.map((state) => toBinary(WatchAggregatedRatingsResponseSchema, state))
  const packed = encoded.map((bytes) => encodeEnvelope(0, bytes))
  const second = Promise.withResolvers<void>()
  async function* messages() {
    yield states[0]
    await second.promise
    yield states[1]
    await never
  }
  const lifetime = new Lifetime(createTimeouts())
  const stream = new ResponseStream({
    output,
    lifetime,
    end: () => undefined,
    onOver() {},
    heartbeatMs: 20,
  })
  const settled = (count: number) => waitFor(() => packing.length >= count, { what: 'packing' })
  const pack = (index: number, state: number) => packing[index]?.(packed[state] as Uint8Array)
  stream.send(messages())
  await settled(1)
  pack(0, 0)
  await stream.next()
  const chunk = stream.next()
  await settled(2)
  second.resolve()
  await waitFor(() => packing.length >= 3, { what: 'the successor' })
  pack(packing.length - 1, 1)
  const { value } = await chunk
  expect(messagesOf(Buffer.from(value ?? []))).toEqual([Buffer.from(encoded[1] ?? [])])
  pack(1, 0)
  const next = stream.next()
  lifetime.end(new Error('the end'))
  expect(await next).toEqual({ done: true, value: undefined })
})

alsoOnDenoAndNode(import.meta.filename)
