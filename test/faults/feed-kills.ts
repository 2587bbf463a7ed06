import { expect } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { EventLog } from '@marquee/event-log/port'
import type { Backend } from '@marquee/testing/backends/backend'
import { freePorts } from '@marquee/testing/free-ports'
import { waitFor } from '@marquee/testing/wait-for'
import { createExpectedRatings } from './expected-ratings.ts'
import { followTopic } from './feed-consumer.ts'
import { expectFollowed } from './feed-truth.ts'
import { type ResumingWatch, selections, watchResuming } from './feed-watch.ts'
import { expectWritten, startCallers } from './rating-callers.ts'
import { everythingApplied, ratingClient, readAggregates } from './rating-process.ts'
import { type Append, produceEvents } from './rating-producer.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'
import { type SupervisedService, supervise } from './supervised-service.ts'

export interface FeedKills {
  readonly seed: number
  readonly killCount: number
  /** Flags of the rating service. */
  readonly args: readonly string[]
  /** Number of rating processes. */
  readonly instanceCount: number
  /** Backends that are killed in turn with the rating processes. */
  readonly backends: readonly Pick<Backend, 'kill' | 'start'>[]
  readonly eventLog: EventLog
  readonly append: Append
}

/**
 * Time to the kill: from the restart of what was killed before, in half of the cases from the
 * readiness of all processes, and at times from messages of all watches.
 */
const lifetimeMs = { min: 50, max: 1_000 }
const killsPerResumption = 8
/** Time that a killed backend stays away, in addition to its start. */
const absenceMs = { min: 0, max: 1_000 }
const resumeTimeoutMs = 60_000
/** Longest pause between two appends: starting the processes again is the work of this test. */
const pauseMsMax = 100

/**
 * Kills rating, and its backends, at random moments while ratings are written by calls and events.
 * Both topics, as their consumers have them, and resumed watches must end with the state of the
 * service.
 */
export async function expectFeedSurvives(options: FeedKills): Promise<void> {
  const { seed, args, instanceCount, eventLog, append } = options
  await using processes = new AsyncDisposableStack()
  const ports = await freePorts(instanceCount)
  const instances = ports.map((port) => processes.use(supervise({ service: 'rating', port, args })))
  const urls = instances.map(({ url }) => url)
  const client = ratingClient(urls[0] as string)
  const expected = createExpectedRatings()
  const [writing, following] = [new AbortController(), new AbortController()]
  const { signal } = writing
  const random = createSeededRandom(seed + 99)
  const producing = produceEvents({ append, expected, random, signal, pauseMsMax })
  const calling = startCallers(client, { count: 3, seed, signal })
  const follow = (topic: string) =>
    followTopic(eventLog, topic, { random: createSeededRandom(seed), signal: following.signal })
  const [changes, aggregates] = [follow('rating-changes'), follow('rating-aggregates')]
  const watches = selections.map((selection, n) => {
    const options = { urls, random: createSeededRandom(seed + n), signal: following.signal }
    return watchResuming(selection, options)
  })
  // A failure is reported where these are awaited, after the kills.
  for (const one of [producing, calling, changes.done, aggregates.done]) one.catch(() => {})
  try {
    await killAll(options, instances, watches)
    writing.abort()
    await producing
    const written = await calling
    for (const { ready } of instances) await ready()
    await everythingApplied(append, client, expected)
    await expectWritten(client, written, expected)
    expect(await readAggregates(client)).toMatchObject(expected.aggregates())
    await expectFollowed(client, { changes, aggregates, watches })
    // The first streams did not resume.
    for (const { streams } of watches) expect(streams()).toBeGreaterThan(1)
    expect(watches.map(({ setbacks }) => setbacks())).toEqual(watches.map(() => 0))
    expect(changes.restarts() + aggregates.restarts()).toBeGreaterThan(0)
  } finally {
    writing.abort()
    following.abort()
    await Promise.all([changes.done, aggregates.done, ...watches.map(({ done }) => done)])
  }
}

/** Kills all instances in turn, then one of the backends, and so on. */
async function killAll(
  { seed, killCount, backends }: FeedKills,
  instances: readonly SupervisedService[],
  watches: readonly ResumingWatch[],
): Promise<void> {
  const random = createSeededRandom(seed)
  const moments: string[] = []
  const victims =
    backends.length === 0 ? instances : backends.flatMap((backend) => [...instances, backend])
  try {
    for (let kills = 0; kills < killCount; kills++) {
      const resumes = kills % killsPerResumption === 0
      if (random.integer(1, 2) === 1 || resumes) for (const { ready } of instances) await ready()
      if (resumes) await Promise.all(watches.map(resumed))
      const moment = random.integer(lifetimeMs.min, lifetimeMs.max)
      const index = kills % victims.length
      moments.push(`${index}:${moment}`)
      await delay(moment)
      await kill(victims[index] as SupervisedService | Backend, random)
    }
    // A process may end by itself when it starts without a backend, and only then.
    const ownEnds = instances.map((one) => one.ownEnds())
    process.stderr.write(`processes that ended by themselves: ${ownEnds.join(' ')}\n`)
    if (backends.length === 0) expect(ownEnds).toEqual([0])
  } finally {
    process.stderr.write(`kills after ms, by victim: ${moments.join(' ')}\n`)
  }
}

async function kill(
  victim: SupervisedService | Pick<Backend, 'kill' | 'start'>,
  random: SeededRandom,
): Promise<void> {
  await victim.kill()
  if (!('start' in victim)) return
  await delay(random.integer(absenceMs.min, absenceMs.max))
  await victim.start()
}

/** Resolves when a message arrives: ratings change all the time. */
async function resumed({ selection, messages }: ResumingWatch): Promise<void> {
  const before = messages()
  const wait = { what: `the watch by ${selection} to continue`, timeoutMs: resumeTimeoutMs }
  await waitFor(() => messages() > before, wait)
}
