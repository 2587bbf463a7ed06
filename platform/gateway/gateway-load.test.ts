import { expect, test } from 'bun:test'
import { callBounds } from '../discovery/session-pool.ts'
import { streamsMax } from '../http2/client-connection.ts'
import { startGateway, startInstance } from '../testing/forwarding.ts'
import { alsoOnDenoAndNode } from '../testing/other-runtimes/also-on.ts'

const record = { recordId: '1', recordType: 'movie' }
const rating = { ...record, userId: 'ada', value: 4 }
/** More than all connections for unary calls take together. */
const watchCount = callBounds.sessionsMax * streamsMax + 76
const never = new Promise<never>(() => {})

test('a call is answered while more streams are open than all unary calls may be at once', async () => {
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

alsoOnDenoAndNode(import.meta.filename)
