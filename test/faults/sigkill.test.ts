import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createEmbeddedEventLog } from '../../platform/event-log/embedded.ts'
import type { EventLog, NewRecord } from '../../platform/event-log/port.ts'
import { freePorts } from '../../platform/testing/free-ports.ts'
import { temporaryFolder } from '../../platform/testing/temporary-folder.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { spawnService, startService } from '../system/service-process.ts'
import { createExpectedRatings, type ExpectedRatings } from './expected-ratings.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'

const killCount = 30
/** Between the start of the process and its end: some are killed before they are ready. */
const lifetimeMs = { min: 100, max: 900 }
const recordIds = Array.from({ length: 50 }, (_, n) => `record-${n}`)
const callersCount = 3
const testTimeoutMs = 120_000

type Ratings = Client<typeof RatingService>

test(
  'rating killed 30 times while events stream in: nothing lost, nothing counted twice',
  async () => {
    const seed = Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 32)
    process.stderr.write(`ratings under SIGKILL: again with FAULT_SEED=${seed}\n`)
    const random = createSeededRandom(seed)
    await using folder = await temporaryFolder()
    const [port = 0] = await freePorts(1)
    const logFile = join(folder.path, 'events.db')
    const database = `sqlite:${join(folder.path, 'ratings.db')}`
    const args = ['--database-url', database, '--event-log', logFile]
    const rating = { service: 'rating', port, args } as const
    const client = createClient(
      RatingService,
      createConnectTransport({ baseUrl: `http://127.0.0.1:${port}` }),
    )
    await using eventLog = createEmbeddedEventLog({ path: logFile, partitions: 4 })
    const expected = createExpectedRatings()
    const stop = new AbortController()
    const producing = produceEvents({ eventLog, expected, random, signal: stop.signal })
    const callers = Array.from({ length: callersCount }, (_, n) =>
      callRepeatedly(client, `caller-${n}`, createSeededRandom(seed + n + 1), stop.signal),
    )
    try {
      for (let kills = 0; kills < killCount; kills++) {
        await using program = await spawnService(rating)
        await delay(random.integer(lifetimeMs.min, lifetimeMs.max))
        program.kill('SIGKILL')
        expect(await program.exited).toMatchObject({ signal: 'SIGKILL' })
      }
    } finally {
      stop.abort()
    }
    const eventCount = await producing
    const written = await Promise.all(callers)

    await using last = await startService(rating)
    await everythingApplied(eventLog, client, expected)
    for (const one of written) await expectWritten(client, one.possible, expected)
    const acknowledgedCount = written.reduce((sum, one) => sum + one.acknowledgedCount, 0)
    expect(acknowledgedCount).toBeGreaterThan(killCount)
    expect(await readAggregates(client)).toMatchObject(expected.aggregates())
    // The killed processes have applied events too, and were not killed before they could.
    expect(await changesApplied(last.url)).toBeLessThan(eventCount / 2)
  },
  testTimeoutMs,
)

interface Producing {
  readonly eventLog: EventLog
  readonly expected: ExpectedRatings
  readonly random: SeededRandom
  readonly signal: AbortSignal
}

/**
 * Appends events, and answers how many. Half are puts and deletes of 200 users, who change their minds; half are of
 * users who rate once, so that the loss of any shows in the end.
 */
async function produceEvents({ eventLog, expected, random, signal }: Producing): Promise<number> {
  let count = 0
  while (!signal.aborted) {
    const events = Array.from({ length: random.integer(1, 100) }, (_, n) =>
      n % 2 === 0 ? randomEvent(random) : { ...randomEvent(random), userId: `once-${count + n}` },
    )
    await eventLog.append('ratings', events.map(toRecord))
    for (const { recordId, userId, value } of events) expected.set(recordId, userId, value)
    count += events.length
    await delay(random.integer(0, 10))
  }
  return count
}

interface RatingEvent {
  readonly recordId: string
  readonly userId: string
  /** Undefined to take the rating back. */
  readonly value: number | undefined
}

function randomEvent(random: SeededRandom): RatingEvent {
  const value = random.integer(0, 5)
  return {
    recordId: randomRecordId(random),
    userId: `user-${random.integer(0, 199)}`,
    value: value === 0 ? undefined : value,
  }
}

function randomRecordId(random: SeededRandom): string {
  return recordIds[random.integer(0, recordIds.length - 1)] ?? ''
}

function toRecord({ value, ...event }: RatingEvent): NewRecord {
  const effect = value === undefined ? { eventType: 'delete' } : { eventType: 'put', value }
  const json = JSON.stringify({ ...event, ...effect, recordType: 'movie', providerId: 'test' })
  return { key: event.recordId, value: new TextEncoder().encode(json) }
}

interface Written {
  /** What a user's rating of a record may be after all: more than one when a call was cut short. */
  readonly possible: ReadonlyMap<string, ReadonlySet<number | undefined>>
  readonly acknowledgedCount: number
}

/** Puts and deletes ratings by RPC, one after the other. */
async function callRepeatedly(
  client: Ratings,
  userId: string,
  random: SeededRandom,
  signal: AbortSignal,
): Promise<Written> {
  const possible = new Map<string, Set<number | undefined>>()
  let acknowledgedCount = 0
  while (!signal.aborted) {
    const key = { recordId: randomRecordId(random), userId: `${userId}-${random.integer(0, 9)}` }
    const value = random.integer(0, 5) || undefined
    const before = possible.get(keyOf(key)) ?? new Set([undefined])
    const acknowledged = await write(client, { ...key, value })
    possible.set(keyOf(key), acknowledged ? new Set([value]) : before.add(value))
    if (acknowledged) acknowledgedCount++
    await delay(random.integer(0, 10))
  }
  return { possible, acknowledgedCount }
}

function keyOf({ recordId, userId }: { recordId: string; userId: string }): string {
  return `${recordId} ${userId}`
}

/** Whether the write was acknowledged; the service being gone is no surprise, any other failure is. */
async function write(client: Ratings, { value, ...key }: RatingEvent): Promise<boolean> {
  const request = { ...key, recordType: 'movie' }
  try {
    if (value === undefined) await client.deleteRating(request)
    else await client.putRating({ ...request, value })
    return true
  } catch (error) {
    if (ConnectError.from(error).code === Code.InvalidArgument) throw error
    return false
  }
}

/** Appends a last event for each record: when it has been applied, all before it have been. */
async function everythingApplied(
  eventLog: EventLog,
  client: Ratings,
  expected: ExpectedRatings,
): Promise<void> {
  const lastOnes = recordIds.map((recordId) => ({ recordId, userId: 'last', value: 5 }))
  await eventLog.append('ratings', lastOnes.map(toRecord))
  for (const { recordId, userId, value } of lastOnes) {
    expected.set(recordId, userId, value)
    await waitFor(() => client.getRating({ recordId, userId, recordType: 'movie' }), {
      what: `the last event of ${recordId}`,
      timeoutMs: 30_000,
    })
  }
}

/** Checks that each write is there as acknowledged, and adds what is there to what is expected. */
async function expectWritten(
  client: Ratings,
  possible: Written['possible'],
  expected: ExpectedRatings,
): Promise<void> {
  for (const [key, values] of possible) {
    const [recordId = '', userId = ''] = key.split(' ')
    const value = await readRating(client, recordId, userId)
    expect({ key, values: [...values] }).toEqual({
      key,
      values: expect.arrayContaining([value]),
    })
    expected.set(recordId, userId, value)
  }
}

async function readRating(
  client: Ratings,
  recordId: string,
  userId: string,
): Promise<number | undefined> {
  try {
    const { rating } = await client.getRating({ recordId, userId, recordType: 'movie' })
    return rating?.value
  } catch (error) {
    if (ConnectError.from(error).code === Code.NotFound) return undefined
    throw error
  }
}

async function readAggregates(client: Ratings) {
  const records = recordIds.toSorted().map((recordId) => ({ recordId, recordType: 'movie' }))
  return (await client.batchGetAggregatedRatings({ records })).aggregatedRatings
}

async function changesApplied(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^marquee_ingest_changes_total (\d+)$/m.exec(text)?.[1])
}
