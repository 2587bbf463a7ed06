import { expect } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { toJson } from '@bufbuild/protobuf'
import type { EventLog } from '@marquee/event-log/port'
import { freePorts } from '@marquee/testing/free-ports'
import { waitFor } from '@marquee/testing/wait-for'
import { AggregatedRatingSchema, RatingSchema } from '../../gen/rating/v1/rating_pb.ts'
import { spawnService, startService } from '../system/service-process.ts'
import { createExpectedRatings } from './expected-ratings.ts'
import { type FeedConsumer, followTopic } from './feed-consumer.ts'
import { type ResumingWatch, watchResuming } from './feed-watch.ts'
import { expectWritten, startCallers } from './rating-callers.ts'
import {
  everythingApplied,
  type RatingClient,
  ratingClient,
  readAggregates,
} from './rating-process.ts'
import { type Append, produceEvents } from './rating-producer.ts'
import { createSeededRandom } from './seeded-random.ts'

export interface FeedKills {
  readonly seed: number
  readonly killCount: number
  /** Flags of the rating service. */
  readonly args: readonly string[]
  readonly eventLog: EventLog
  readonly append: Append
}

/**
 * Time to the kill: from the start of the process, from its readiness, or, in one of so many lives,
 * from the resumption of the watch.
 */
const lifetimeMs = { min: 50, max: 1_000 }
const livesPerResumption = 10
const startTimeoutMs = 30_000
/** Maximum time until everything is published: the lease of a killed process ends within 10 s. */
const publishTimeoutMs = 40_000

/**
 * Kills rating at random moments while ratings are written by calls and events. Both topics, as
 * their consumers have them, and a resumed watch must end with the state of the service.
 */
export async function expectFeedSurvives(options: FeedKills): Promise<void> {
  const { seed, killCount, args, eventLog, append } = options
  const random = createSeededRandom(seed)
  const [port = 0] = await freePorts(1)
  const rating = { service: 'rating', port, args } as const
  const client = ratingClient(`http://127.0.0.1:${port}`)
  const expected = createExpectedRatings()
  const [writing, following] = [new AbortController(), new AbortController()]
  const { signal } = writing
  const producing = produceEvents({
    append,
    expected,
    random: createSeededRandom(seed + 99),
    signal,
  })
  const calling = startCallers(client, { count: 3, seed, signal })
  const follow = (topic: string) =>
    followTopic(eventLog, topic, { random: createSeededRandom(seed), signal: following.signal })
  const [changes, aggregates] = [follow('rating-changes'), follow('rating-aggregates')]
  const watch = watchResuming(client, following.signal)
  const moments: number[] = []
  try {
    for (let kills = 0; kills < killCount; kills++) {
      await using program = await spawnService(rating)
      if (kills % 2 === 0) await program.waitForLine(/"\w+ is listening"/, startTimeoutMs)
      const streams = watch.streams()
      if (kills % livesPerResumption === 0) {
        const wait = { what: 'the watch to resume', timeoutMs: startTimeoutMs }
        await waitFor(() => watch.streams() > streams, wait)
      }
      const moment = random.integer(lifetimeMs.min, lifetimeMs.max)
      moments.push(moment)
      await delay(moment)
      program.kill('SIGKILL')
      expect(await program.exited).toMatchObject({ signal: 'SIGKILL' })
    }
    writing.abort()
    await producing
    const written = await calling
    await using _ = await startService(rating)
    await everythingApplied(append, client, expected)
    await expectWritten(client, written, expected)
    expect(await readAggregates(client)).toMatchObject(expected.aggregates())
    await expectFollowed(client, { changes, aggregates, watch })
    // The first one did not resume.
    expect(watch.streams()).toBeGreaterThan(1)
    expect(changes.restarts() + aggregates.restarts()).toBeGreaterThan(0)
  } finally {
    writing.abort()
    following.abort()
    process.stderr.write(`kills after ms: ${moments.join(' ')}\n`)
    await Promise.all([changes.done, aggregates.done, watch.done])
  }
}

interface Followers {
  readonly changes: FeedConsumer
  readonly aggregates: FeedConsumer
  readonly watch: ResumingWatch
}

/** Waits until all followers have the state of the service, and expects exactly that state. */
async function expectFollowed(client: RatingClient, followers: Followers): Promise<void> {
  const truth = await readTruth(client)
  const read = () => ({
    changes: sorted(followers.changes.values()),
    aggregates: sorted(followers.aggregates.values()),
    watched: [...followers.watch.states()].toSorted(byKey) as [string, unknown][],
  })
  const isSame = () => isDeepStrictEqual(read(), truth)
  const wait = { what: 'the feed to have the state of the service', timeoutMs: publishTimeoutMs }
  await waitFor(isSame, wait).catch(() => undefined)
  expect(read()).toEqual(truth)
}

async function readTruth(client: RatingClient) {
  const changes: [string, unknown][] = []
  for await (const { rating } of client.exportRatings({ of: { case: 'allUsers', value: true } })) {
    if (rating === undefined) continue
    const { recordType, recordId, userId } = rating
    changes.push([JSON.stringify([recordType, recordId, userId]), toJson(RatingSchema, rating)])
  }
  const found = await readAggregates(client)
  const aggregates = found.map((one): [string, unknown] => [
    JSON.stringify([one.recordType, one.recordId]),
    toJson(AggregatedRatingSchema, one),
  ])
  const watched = found.map(({ recordId, revision, histogram }) => [
    recordId,
    { revision, histogram: histogram.join() },
  ])
  return {
    changes: normal(changes.toSorted(byKey)),
    aggregates: normal(aggregates.toSorted(byKey)),
    watched: (watched as [string, unknown][]).toSorted(byKey),
  }
}

function sorted(values: ReadonlyMap<string, string>): [string, unknown][] {
  const entries = [...values].map(([key, text]): [string, unknown] => [key, JSON.parse(text)])
  return normal(entries.toSorted(byKey))
}

/** Brings times into one form: "…:00Z" is "…:00.000Z". */
function normal(entries: readonly [string, unknown][]): [string, unknown][] {
  return entries.map(([key, value]) => {
    const { updateTime } = value as { updateTime: string }
    return [key, { ...(value as object), updateTime: Date.parse(updateTime) }]
  })
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}
