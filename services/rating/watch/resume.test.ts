import { afterAll, expect, test } from 'bun:test'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { serve } from '@marquee/http/server/serve'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { backend } from '@marquee/testing/backends/shared'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import {
  type RatingJson,
  type WatchedJson,
  type WatchRequest,
  watchBy,
  watchProtocols,
} from '@marquee/testing/watch-protocols'
import { pino } from 'pino'
import {
  createSeededRandom,
  faultSeed,
  type SeededRandom,
} from '../../../test/faults/seeded-random.ts'
import { defaultRules } from '../scoring.ts'
import { createRatingApp } from '../service.ts'
import { openRatingStore } from '../store/open.ts'
import type { RatingStore } from '../store/port.ts'
import { createAggregateWatches } from '../watch.ts'

const recordType = 'movie'
const recordIds = Array.from({ length: 60 }, (_, n) => `movie-${n}`)
/** Longest times until the client kills a connection, in milliseconds. */
const livesMs = [20, 100, 1_000]
const timeoutMs = 60_000
const top = { recordType, countMin: 2n, limit: 5 }

const requests: Readonly<Record<string, WatchRequest>> = {
  type: { rpc: { recordType }, query: `type=${recordType}` },
  records: {
    rpc: { records: recordIds.map((recordId) => ({ recordType, recordId })) },
    query: `type=${recordType}&${recordIds.map((id) => `id=${id}`).join('&')}`,
  },
  top: { rpc: { top }, query: `type=${recordType}&top=${top.limit}&countMin=${top.countMin}` },
}

const seed = faultSeed('watches that resume')

test('watches that resume anywhere, by any protocol, end at the state of an SQLite file', async () => {
  await using folder = await temporaryFolder()
  await expectSameEnd(`sqlite:${folder.path}/rating.db`, 300)
}, 90_000)

describeWith(backend('postgres'), 'on PostgreSQL', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())

  test('watches that resume anywhere, by any protocol, end at the state of PostgreSQL', async () => {
    await expectSameEnd(await databases.create(), 60)
  }, 90_000)
})

/** Two instances, a writer at each, and a watch of each kind whose connections are killed. */
async function expectSameEnd(databaseUrl: string, batchCount: number): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const instances = [
    stack.use(await startInstance(databaseUrl)),
    stack.use(await startInstance(databaseUrl)),
  ]
  const urls = instances.map(({ url }) => url)
  const followers = Object.entries(requests).map(([name, request], n) =>
    createFollower(name, request, createSeededRandom(seed + n)),
  )
  const writing = Promise.all(
    instances.map(({ store }, n) => write(store, batchCount, createSeededRandom(seed + 10 + n))),
  )
  const over = new AbortController()
  const following = followers.map((follower) => follower.run(urls, over.signal))
  await writing
  const [instance] = instances
  const expected = await stateOf(instance?.store ?? expect.unreachable('there is no instance'))
  for (const follower of followers) follower.expect(expected)
  await Promise.race([Promise.all(followers.map(({ done }) => done)), delay(timeoutMs)])
  over.abort()
  await Promise.all(following)
  for (const { name, state } of followers) {
    expect([name, state()]).toEqual([name, name === 'top' ? expected.top : expected.records])
  }
  const connections = followers.reduce((sum, follower) => sum + follower.connections(), 0)
  expect(connections).toBeGreaterThan(10)
}

interface Expected {
  readonly records: unknown
  readonly top: unknown
}

/** A client that watches, is cut off at random moments and resumes elsewhere. */
function createFollower(name: string, request: WatchRequest, random: SeededRandom) {
  const records = new Map<string, string>()
  let list: unknown = []
  let since = '0'
  let connections = 0
  let expected: string | undefined
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const state = () => (name === 'top' ? list : Object.fromEntries([...records].sort(byKey)))

  function take({ aggregatedRating, top: newList, resumeRevision = '0' }: WatchedJson): void {
    if (aggregatedRating) records.set(aggregatedRating.recordId, textOf(aggregatedRating))
    if (newList) list = (newList.aggregatedRatings ?? []).map(textOf)
    if (BigInt(resumeRevision) < BigInt(since)) throw new Error('the revision went back')
    since = resumeRevision
    if (JSON.stringify(state()) === expected) resolve()
  }

  async function connect(urls: readonly string[], over: AbortSignal): Promise<void> {
    connections++
    const protocol = watchProtocols[random.integer(0, watchProtocols.length - 1)] ?? 'grpc'
    const url = urls[random.integer(0, urls.length - 1)] ?? ''
    const lifeMs = random.integer(1, livesMs[random.integer(0, 2)] ?? 1)
    const signal = AbortSignal.any([over, AbortSignal.timeout(lifeMs)])
    const messagesMax = random.integer(1, 40)
    try {
      let count = 0
      for await (const message of watchBy(protocol, url, request, { since, signal })) {
        take(message)
        count++
        if (count === messagesMax) return
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  return {
    name,
    done,
    state,
    connections: () => connections,
    expect(final: Expected) {
      expected = JSON.stringify(name === 'top' ? final.top : final.records)
      if (JSON.stringify(state()) === expected) resolve()
    },
    async run(urls: readonly string[], over: AbortSignal) {
      while (!over.aborted) await connect(urls, over)
    },
  }
}

/** Puts and deletes ratings in batches, each with one revision. */
async function write(store: RatingStore, batchCount: number, random: SeededRandom): Promise<void> {
  const record = () => ({ recordType, recordId: recordIds[random.integer(0, 59)] ?? '' })
  const userId = () => `user-${random.integer(0, 4)}`
  for (let n = 0; n < batchCount; n++) {
    if (random.integer(0, 2) === 0) await store.delete(record(), userId())
    else {
      const size = random.integer(1, 40)
      const ratings = Array.from({ length: size }, () => {
        return { ...record(), userId: userId(), value: random.integer(1, 10) / 2 }
      })
      await store.put(ratings)
    }
    await setImmediate()
  }
}

async function stateOf(store: RatingStore): Promise<Expected> {
  const { states } = await store.states(recordIds.map((recordId) => ({ recordType, recordId })))
  const known = states.filter(({ revision }) => revision > 0)
  const { aggregates } = await store.top({ ...top, countMin: Number(top.countMin) })
  const entries = known.map((one) => [one.recordId, stateText(one)] as const)
  return { records: Object.fromEntries(entries.sort(byKey)), top: aggregates.map(stateText) }
}

function stateText(state: { recordId: string; count: number; revision: number; mean?: number }) {
  const { recordId, count, mean = 0, revision } = state
  return `${recordId} ${count} ${mean} ${revision}`
}

function textOf({ recordId, count = '0', mean = 0, revision = '0' }: RatingJson): string {
  return `${recordId} ${count} ${mean} ${revision}`
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}

async function startInstance(databaseUrl: string) {
  await using stack = new AsyncDisposableStack()
  const store = stack.use(await openRatingStore(databaseUrl, { rules: defaultRules }))
  const watches = stack.use(createAggregateWatches({ store }))
  const log = pino({ level: 'silent' })
  const health = createHealth(new AbortController().signal)
  const app = createRatingApp({ store, watches, log, metrics: createMetrics(), health })
  const server = stack.use(await serve({ app, port: 0, log, limits: { drainTimeoutMs: 1 } }))
  const kept = stack.move()
  return { store, url: server.url, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
