import { expect, test } from 'bun:test'
import { ConnectError } from '@connectrpc/connect'
import { callBounds } from '@marquee/grpc-transport/pool/session-pool'
import { streamsMax } from '@marquee/http/http2/client/limits'
import { http2Limits } from '@marquee/http/http2/limits'
import { startGateway, startInstance } from '@marquee/testing/forwarding'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'

const record = { recordId: '1', recordType: 'movie' }
const rating = { ...record, userId: 'ada', value: 4 }
/** More than all connections for unary calls take together. */
const watchCount = callBounds.sessionsMax * streamsMax + 76
/**
 * More than an instance allows on one connection (`Http2Limits.resets`), and those who leave
 * together.
 */
const leavingCount = 2 * http2Limits.resets.burst
const atOnceCount = 200
const never = new Promise<never>(() => {})

test('a unary call gets its response while more streams are open than unary calls are allowed', async () => {
  await using instance = await startInstance({
    putRating: ({ value }) => ({ aggregatedRating: { ...record, count: 1n, mean: value } }),
    async *watchAggregatedRatings() {
      yield { aggregatedRating: record }
      await never
    },
  })
  await using gateway = await startGateway([instance.url])
  const client = gateway.rating('grpc')
  const closing = new AbortController()
  const { signal } = closing
  const watches = Array.from({ length: watchCount }, () =>
    client.watchAggregatedRatings({ records: [record] }, { signal })[Symbol.asyncIterator](),
  )
  const firsts = await Promise.all(watches.map((watch) => watch.next()))
  expect(firsts.filter(({ value }) => value?.aggregatedRating).length).toBe(watchCount)
  const { aggregatedRating } = await client.putRating(rating)
  expect(aggregatedRating?.mean).toBe(4)
  closing.abort()
})

test.each([
  ['before the response', false],
  ['after the first message', true],
])('thousands who leave %s end no other stream', async (_, isAnswered) => {
  let arrivedCount = 0
  await using instance = await startInstance({
    async *watchAggregatedRatings({ records }) {
      arrivedCount++
      if (records[0]?.recordId === 'silent') await never
      yield { aggregatedRating: record }
      await never
    },
  })
  await using gateway = await startGateway([instance.url])
  const client = gateway.rating('grpc')
  const staying = client.watchAggregatedRatings({ records: [record] })[Symbol.asyncIterator]()
  await staying.next()
  const next = staying.next().then(String, String)
  const left = { ...record, recordId: isAnswered ? '1' : 'silent' }
  for (let count = 0; count < leavingCount; count += atOnceCount) {
    const leaving = new AbortController()
    const { signal } = leaving
    const reads = Array.from({ length: atOnceCount }, () => {
      const watch = client.watchAggregatedRatings({ records: [left] }, { signal })
      return watch[Symbol.asyncIterator]().next().catch(ConnectError.from)
    })
    if (isAnswered) await Promise.all(reads)
    else await waitFor(() => arrivedCount > count + atOnceCount, { what: 'the calls to arrive' })
    leaving.abort()
    await Promise.all(reads)
    // Calls that have not ended count as streams, and others would be refused.
    await waitFor(() => gateway.calls.length >= count + atOnceCount, { what: 'the calls to end' })
  }
  expect(await Promise.race([next, 'it goes on'])).toBe('it goes on')
  const again = client.watchAggregatedRatings({ records: [record] })[Symbol.asyncIterator]()
  expect((await again.next()).done).toBe(false)
})

alsoOnDenoAndNode(import.meta.filename)
