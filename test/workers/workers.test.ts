import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { backend } from '@marquee/testing/backends/shared'
import { freePorts } from '@marquee/testing/free-ports'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { ActivityService } from '../../gen/system/v1/system_pb.ts'
import { spawnService } from '../system/service-process.ts'
import { type ServiceWorkers, startWorkers } from './service-workers.ts'

const timeoutMs = 120_000
const putRating = 'rating.v1.RatingService/PutRating'
const record = { recordType: 'movie', recordId: 'alien' }

for (const name of ['bun', 'deno', 'node'] satisfies RuntimeName[]) {
  describeWith(runtime(name), `two workers on SQLite, on ${name}`, () => {
    const start = (folder: TemporaryFolder) =>
      startWorkers({ runtime: name, count: 2, args: inFolder(folder) })

    test(
      'see at once what the other has written, and wake its watches',
      async () => {
        await using folder = await temporaryFolder()
        await using service = await start(folder)
        await expectShared(service)
        expect(service.program.stdout()).not.toContain('another process uses')
      },
      timeoutMs,
    )

    test(
      'have one metrics endpoint, which every worker serves',
      async () => {
        await using folder = await temporaryFolder()
        await using service = await start(folder)
        for (const worker of [0, 1]) {
          using connection = await service.connectTo(worker)
          for (let count = 0; count < 5; count++) {
            await connection.rating.putRating({ ...record, userId: `u${worker}${count}`, value: 4 })
          }
        }
        for (let scrapes = 0; scrapes < 8; scrapes++) {
          const text = await scrape(service)
          const puts = /^marquee_calls_total\{.*PutRating.*\} (\d+)$/m.exec(text)?.[1]
          expect([puts, /^marquee_workers (\d+)$/m.exec(text)?.[1]]).toEqual(['10', '2'])
          // Text of one process has each name once, and so has that of several.
          expect(text.match(/^# TYPE marquee_calls_total /gm)).toHaveLength(1)
        }
      },
      timeoutMs,
    )

    test(
      'report their activity as one, also that of a worker that was killed',
      async () => {
        await using folder = await temporaryFolder()
        await using service = await start(folder)
        const userIds = ['u0', 'u1']
        for (const [worker, userId] of userIds.entries()) {
          using connection = await service.connectTo(worker)
          const headers = { 'x-request-id': `put-${userId}` }
          await connection.rating.putRating({ ...record, userId, value: 4 }, { headers })
        }
        expect(await putsOf(service)).toEqual({ count: 2n, requestIds: ['put-u1', 'put-u0'] })
        process.kill(service.pidsOf(1)[0] ?? 0, 'SIGKILL')
        await waitFor(() => service.pidsOf(1).length === 2, {
          what: 'the worker to serve again',
          timeoutMs: 30_000,
        })
        expect(await putsOf(service)).toEqual({ count: 2n, requestIds: ['put-u0'] })
      },
      timeoutMs,
    )

    test(
      'end on SIGTERM together, and when their supervisor is killed',
      async () => {
        await using folder = await temporaryFolder()
        for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
          await using service = await start(folder)
          const pids = [0, 1].flatMap(service.pidsOf)
          expect(pids).toHaveLength(2)
          service.program.kill(signal)
          const exit = await service.program.exited
          expect(exit).toEqual(
            signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal },
          )
          await waitFor(() => pids.every((pid) => !isAlive(pid)), {
            what: 'all workers to end',
            timeoutMs: 20_000,
          })
        }
      },
      timeoutMs,
    )
  })
}

describeWith(backend('postgres'), 'two workers on PostgreSQL', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())

  test(
    'see at once what the other has written, and wake its watches',
    async () => {
      await using folder = await temporaryFolder()
      const args = [...inFolder(folder), '--database-url', await databases.create()]
      await using service = await startWorkers({ runtime: 'bun', count: 2, args })
      await expectShared(service)
    },
    timeoutMs,
  )
})

describe('--workers', () => {
  test.each([
    [
      ['--workers', '2', '--database-url', 'memory:'],
      '--workers is 2, and a database in memory belongs to one process: set --database-url to sqlite:PATH or postgres://…',
    ],
    [
      ['--workers', '2', '--event-log', ':memory:'],
      '--workers is 2, and an event log in memory belongs to one process: set --event-log to a file, or --kafka-brokers',
    ],
    [['--workers', '0'], '--workers is "0": give auto, or a whole number from 1 to 64'],
    [['--workers', 'all'], '--workers is "all": give auto, or a whole number from 1 to 64'],
    [
      ['--workers', '4', '--memory-budget', '32'],
      '--memory-budget is 32: give at least 64 for 4 workers',
    ],
  ])('%j is refused', async (args, problem) => {
    await using program = await spawnService({ service: 'rating', args })
    expect(await program.exited).toEqual({ code: 2, signal: null })
    expect(program.stderr()).toBe(`marquee rating: ${problem}\n`)
  })

  test('refuses a port that another service shares', async () => {
    await using folder = await temporaryFolder()
    const [port = 0] = await freePorts(1)
    const args = [...inFolder(folder), '--port', `${port}`]
    await using _ = await startWorkers({ runtime: 'bun', count: 2, args })
    await using second = await spawnService({
      service: 'rating',
      port,
      args: ['--workers', '2', ...inFolder(folder)],
    })
    expect(await second.exited).toEqual({ code: 1, signal: null })
    expect(second.stderr()).toBe(
      `marquee rating: cannot listen on 127.0.0.1:${port}: it is in use\n`,
    )
  }, 60_000)

  test('prints the error of a service that cannot start once', async () => {
    await using folder = await temporaryFolder()
    const url = 'sqlite:/dev/null/rating.db'
    const args = ['--workers', '2', ...inFolder(folder), '--database-url', url]
    await using program = await spawnService({ service: 'rating', args })
    expect(await program.exited).toEqual({ code: 1, signal: null })
    expect(program.stderr().match(/^marquee rating: cannot write to the folder/gm)).toHaveLength(1)
  }, 60_000)
})

/** Checks that each of two workers reads what the other has written, and that watches see it. */
async function expectShared(service: ServiceWorkers): Promise<void> {
  using first = await service.connectTo(0)
  using second = await service.connectTo(1)
  const workers = [first.rating, second.rating] as const
  const stop = new AbortController()
  const seen: [bigint[], bigint[]] = [[], []]
  const watching = workers.map(async (rating, index) => {
    const states = rating.watchAggregatedRatings({ records: [record] }, { signal: stop.signal })
    try {
      for await (const { aggregatedRating } of states) {
        if (aggregatedRating) seen[index]?.push(aggregatedRating.count)
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
  })
  for (let puts = 0; puts < 6; puts++) {
    await waitFor(() => seen.every((counts) => counts.at(-1) === BigInt(puts)), {
      what: `both watches to see ${puts} ratings`,
    })
    const [writer, reader] = puts % 2 === 0 ? workers : workers.toReversed()
    await writer?.putRating({ ...record, userId: `user-${puts}`, value: 3 })
    const read = await reader?.getAggregatedRating(record)
    expect(read?.aggregatedRating?.count).toBe(BigInt(puts + 1))
  }
  stop.abort()
  await Promise.all(watching)
}

/** Returns the number of puts, and those that are listed, by the activity of the service. */
async function putsOf({ url }: ServiceWorkers) {
  const activities = createClient(ActivityService, createConnectTransport({ baseUrl: url }))
  const { activity } = await activities.getActivity({})
  const { calls } = await activities.listCalls({ method: putRating })
  const counts = activity?.calls.flatMap(({ method, codes }) => (method === putRating ? codes : []))
  return {
    count: counts?.reduce((sum, { count }) => sum + count, 0n),
    requestIds: calls.map(({ requestId }) => requestId),
  }
}

function inFolder({ path }: TemporaryFolder): string[] {
  return [
    '--database-url',
    `sqlite:${join(path, 'rating.db')}`,
    '--event-log',
    join(path, 'log.db'),
  ]
}

async function scrape({ url }: ServiceWorkers): Promise<string> {
  // A connection of its own, which may reach any worker.
  const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' } })
  return await response.text()
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
