import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { failureOf } from '@marquee/testing/failure-of'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import {
  type Activity,
  DeadLetterService,
  InstanceReport_Health as Health,
  Ingestion_State,
  SystemService,
  type WatchSystemResponse,
} from '../../gen/system/v1/system_pb.ts'
import { createEmbeddedEventLog } from '../../packages/event-log/embedded/embedded.ts'
import { startService } from './service-process.ts'

const testTimeoutMs = 90_000
const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

test(
  'a watch of the system continues while one of two rating instances is killed and returns',
  async () => {
    const [metadata, first, second] = await Promise.all([
      startMetadata(),
      startRating(),
      startRating(),
    ])
    for (const service of [metadata, first, second]) stack.use(service)
    const system = await watchSystem(metadata.url, [first.url, second.url])
    const isServing = (health: Health) => health === Health.SERVING
    const all = await system.until(
      (healths) => healths.size === 4 && [...healths.values()].every(isServing),
    )
    expect([...all.keys()].sort()).toEqual(
      [metadata.url, first.url, second.url, system.movieUrl].sort(),
    )

    second.program.kill('SIGKILL')
    await second.program.exited
    const after = await system.until((healths) => healths.get(second.url) === Health.UNREACHABLE)
    expect([metadata.url, first.url, system.movieUrl].map((url) => after.get(url))).toEqual(
      Array(3).fill(Health.SERVING),
    )
    expect(system.instance(second.url)?.unreachableReason).toContain(`cannot reach ${second.url}`)

    const startBefore = system.instance(second.url)?.activity?.startTime
    stack.use(await startRating(Number(new URL(second.url).port)))
    await system.until((healths) => healths.get(second.url) === Health.SERVING)
    expect(system.instance(second.url)?.activity?.startTime).not.toEqual(startBefore)
  },
  testTimeoutMs,
)

test(
  'a watch of the system sums calls by method and code',
  async () => {
    const metadata = stack.use(await startMetadata())
    const rating = stack.use(await startRating())
    const system = await watchSystem(metadata.url, [rating.url])
    const ratings = createClient(RatingService, createConnectTransport({ baseUrl: rating.url }))
    const record = { recordType: 'movie', recordId: '1' }
    for (let round = 1; round <= 3; round++) {
      await ratings.putRating({ ...record, userId: `user-${round}`, value: 4 })
      await failureOf(ratings.putRating({ ...record, userId: 'me', value: 9 }))
      const method = 'rating.v1.RatingService/PutRating'
      await system.until(() => {
        const { activity } = system.instance(rating.url) ?? {}
        const codes = ['ok', 'invalid_argument']
        return codes.every((code) => countOf(activity, method, code) === round)
      })
    }
  },
  testTimeoutMs,
)

test(
  'a watch of the system reports applied events and dead letters, and a dead letter can be read',
  async () => {
    const metadata = stack.use(await startMetadata())
    const folder = stack.use(await temporaryFolder())
    const path = join(folder.path, 'events.db')
    const rating = stack.use(await startRating(0, path))
    const system = await watchSystem(metadata.url, [rating.url])
    const ingestion = () => system.instance(rating.url)?.activity?.ingestion
    await system.until(() => ingestion()?.state === Ingestion_State.RUNNING)
    expect(ingestion()).toMatchObject({ appliedCount: 0n, deadLetterCount: 0n, failure: '' })

    const events = Array.from({ length: 20 }, (_, n) => eventOf(`user-${n}`, 4))
    const poison = eventOf('eve', 9)
    const eventLog = stack.use(createEmbeddedEventLog({ path, partitions: 4 }))
    const encoder = new TextEncoder()
    const records = [...events, poison].map((event) => ({ key: '1', value: encoder.encode(event) }))
    await eventLog.append('ratings', records)
    await system.until(() => ingestion()?.appliedCount === 20n)
    expect(ingestion()?.deadLetterCount).toBe(1n)
    const positions = ingestion()?.partitions.map(({ position, lag }) => [position, lag])
    expect(positions?.toSorted()).toEqual([
      [0n, 0n],
      [0n, 0n],
      [0n, 0n],
      [21n, 0n],
    ])

    const letters = createClient(
      DeadLetterService,
      createConnectTransport({ baseUrl: rating.url, useHttpGet: true }),
    )
    const { deadLetters, nextPageToken } = await letters.listDeadLetters({})
    expect(nextPageToken).toBe('')
    expect(deadLetters).toMatchObject([{ key: '1', sourceTopic: 'ratings', sourceOffset: 20n }])
    const [{ partition, offset, reason } = { partition: 0, offset: 0n, reason: '' }] = deadLetters
    expect(reason).toContain('value must be')
    const { value } = await letters.getDeadLetter({ partition, offset })
    expect(new TextDecoder().decode(value)).toBe(poison)
  },
  testTimeoutMs,
)

function eventOf(userId: string, value: number): string {
  return JSON.stringify({ userId, recordId: '1', recordType: 'movie', value, eventType: 'put' })
}

function startMetadata() {
  return startService({ service: 'metadata', args: ['--database-url', 'memory:'] })
}

async function startRating(port = 0, eventLog?: string) {
  const folder = stack.use(await temporaryFolder())
  const path = eventLog ?? join(folder.path, 'events.db')
  const args = ['--database-url', 'memory:', '--event-log', path]
  return await startService({ service: 'rating', port, args })
}

/** Starts movie, and watches the system through it. */
async function watchSystem(metadataUrl: string, ratingUrls: readonly string[]) {
  const args = ['--metadata-url', metadataUrl, '--rating-url', ratingUrls.join(',')]
  const movie = stack.use(await startService({ service: 'movie', args }))
  const transport = createConnectTransport({ baseUrl: movie.url })
  const leaving = new AbortController()
  stack.defer(() => leaving.abort())
  const watch = createClient(SystemService, transport).watchSystem({}, leaving)
  const reports = watch[Symbol.asyncIterator]()
  let last: WatchSystemResponse | undefined
  const instances = () => last?.services.flatMap((service) => service.instances) ?? []
  return {
    movieUrl: movie.url,
    instance: (url: string) => instances().find((one) => one.url === url),
    /** Reads until a report matches, and returns the health of each instance in it, by URL. */
    async until(isSo: (healths: ReadonlyMap<string, Health>) => boolean) {
      for (;;) {
        const { done, value } = await reports.next()
        if (done) throw new Error('the watch has ended')
        last = value
        const healths = new Map(instances().map(({ url, health }) => [url, health]))
        if (isSo(healths)) return healths
      }
    },
  }
}

function countOf(activity: Activity | undefined, method: string, code: string): number {
  const codes = activity?.calls.find((one) => one.method === method)?.codes
  return Number(codes?.find((one) => one.code === code)?.count ?? 0)
}
