import { afterAll, beforeAll, expect, test } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Backend } from '@marquee/testing/backends/backend'
import { startKafka } from '@marquee/testing/backends/kafka'
import { startPostgres } from '@marquee/testing/backends/postgres'
import { installed } from '@marquee/testing/backends/shared'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { type ServiceProcess, startService } from '../system/service-process.ts'
import { createExpectedRatings } from './expected-ratings.ts'
import {
  everythingCommitted,
  type KafkaRatings,
  openKafkaRatings,
  partitionCount,
  soonMissed,
} from './kafka-ratings.ts'
import {
  everythingApplied,
  ratingClient,
  readAggregates,
  readPartitions,
} from './rating-process.ts'
import { produceEvents } from './rating-producer.ts'
import { createSeededRandom, faultSeed } from './seeded-random.ts'

const testTimeoutMs = 120_000
const backendTimeoutMs = 60_000
const dealTimeoutMs = 30_000
const allPartitions = Array.from({ length: partitionCount }, (_, partition) => String(partition))

describeWith(installed('kafka'), 'rating processes in one group', () => {
  describeWith(installed('postgres'), 'on one Postgres, mid-stream:', () => {
    let broker: Backend
    let postgres: Backend
    beforeAll(async () => {
      broker = await startKafka(soonMissed.broker)
      postgres = await startPostgres()
    }, backendTimeoutMs)
    afterAll(async () => {
      await broker?.[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
    }, backendTimeoutMs)

    for (const [name, change] of [
      ['two, one is killed', killOneOfTwo],
      ['two, one leaves politely', stopOneOfTwo],
      ['two, one is frozen, and comes back when it was given up', freezeOneOfTwo],
      ['three, one is killed, one leaves, a new one joins', changeThree],
    ] as const) {
      test(
        `${name}: each event counts once`,
        async () => {
          const random = createSeededRandom(faultSeed(name))
          await using ratings = await openKafkaRatings(broker.address)
          await using databases = postgresDatabases(postgres.address)
          const database = ['--database-url', await databases.create()]
          const args = [...ratings.args, ...soonMissed.args, ...database]
          await using group = createGroup(args)
          const expected = createExpectedRatings()
          const stop = new AbortController()
          const producing = produceEvents({ ...ratings, expected, random, signal: stop.signal })
          await change(group, () => delay(random.integer(200, 800)))
          await delay(random.integer(200, 800))
          stop.abort()
          await producing
          await group.expectExact(ratings, expected)
        },
        testTimeoutMs,
      )
    }
  })
})

type Pause = () => Promise<unknown>

async function killOneOfTwo(group: Group, pause: Pause): Promise<void> {
  const [first] = await group.start(2)
  await pause()
  await group.kill(first)
}

async function stopOneOfTwo(group: Group, pause: Pause): Promise<void> {
  const [first] = await group.start(2)
  await pause()
  await group.stop(first)
}

async function freezeOneOfTwo(group: Group, pause: Pause): Promise<void> {
  const [first] = await group.start(2)
  await pause()
  await group.freeze(first)
}

async function changeThree(group: Group, pause: Pause): Promise<void> {
  const [first, second] = await group.start(3)
  await pause()
  await group.kill(first)
  await pause()
  await group.start(1)
  await pause()
  await group.stop(second)
}

interface Group extends AsyncDisposable {
  /** Resolves when the new instances have their partitions. */
  start(count: number): Promise<ServiceProcess[]>
  /** Sends SIGKILL. Resolves when the others have its partitions. */
  kill(one: ServiceProcess | undefined): Promise<void>
  /** Sends SIGTERM. Resolves when the others have its partitions. */
  stop(one: ServiceProcess | undefined): Promise<void>
  /**
   * Sends SIGSTOP, and SIGCONT when the others have its partitions. Resolves when it has some
   * again.
   */
  freeze(one: ServiceProcess | undefined): Promise<void>
  /** Compares the aggregates of each instance with the expected ones. */
  expectExact(
    ratings: KafkaRatings,
    expected: ReturnType<typeof createExpectedRatings>,
  ): Promise<void>
}

function createGroup(args: readonly string[]): Group {
  const live = new Set<ServiceProcess>()

  /** Resolves when each partition has one consumer, and each process at least one partition. */
  async function dealt(): Promise<void> {
    await waitFor(
      async () => {
        const shares = await Promise.all([...live].map(({ url }) => readPartitions(url)))
        return (
          shares.every((share) => share.length > 0) &&
          shares.flat().toSorted().join() === allPartitions.join()
        )
      },
      {
        what: `${partitionCount} partitions to be dealt to ${live.size}`,
        timeoutMs: dealTimeoutMs,
      },
    )
  }

  function take(one: ServiceProcess | undefined): ServiceProcess {
    if (one === undefined || !live.delete(one)) throw new Error('there is no such process')
    return one
  }

  async function end(one: ServiceProcess, signal: NodeJS.Signals): Promise<void> {
    one.program.kill(signal)
    const polite = signal === 'SIGTERM'
    expect(await one.program.exited).toEqual(
      polite ? { code: 0, signal: null } : { code: null, signal },
    )
    await dealt()
  }

  return {
    async start(count) {
      const service = { service: 'rating', args } as const
      const started = await Promise.all(Array.from({ length: count }, () => startService(service)))
      for (const one of started) live.add(one)
      await dealt()
      return started
    },
    kill: (one) => end(take(one), 'SIGKILL'),
    stop: (one) => end(take(one), 'SIGTERM'),
    async freeze(one) {
      const frozen = take(one)
      frozen.program.kill('SIGSTOP')
      try {
        await dealt()
      } finally {
        frozen.program.kill('SIGCONT')
        live.add(frozen)
      }
      await dealt()
    },
    async expectExact(ratings, expected) {
      const clients = [...live].map(({ url }) => ratingClient(url))
      for (const client of clients) await everythingApplied(ratings.append, client, expected)
      await everythingCommitted(ratings)
      for (const client of clients) {
        expect(await readAggregates(client)).toMatchObject(expected.aggregates())
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...live].map((one) => one[Symbol.asyncDispose]()))
    },
  }
}
