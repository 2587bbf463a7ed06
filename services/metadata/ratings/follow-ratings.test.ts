import { expect, test } from 'bun:test'
import { createManualClock } from '@marquee/testing/manual-clock'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { followRatings, type RatingMessage } from './follow-ratings.ts'
import { createRatedMovies, type MovieRating } from './rated-movies.ts'

alsoOnDenoAndNode(import.meta.filename)

const rating = (score: number): MovieRating => ({ count: 1, mean: score, score })
const change = (id: string, score: number | undefined, revision: number): RatingMessage => ({
  movie: { id, rating: score === undefined ? undefined : rating(score) },
  revision,
  isCaughtUp: false,
})
const caughtUp = (revision: number): RatingMessage => ({ revision, isCaughtUp: true })
const lost = new Error('the connection was lost')

test('the ratings are unknown until all of them were read once', async () => {
  await using bench = setUp()
  const first = await bench.watch()
  expect(first.since).toBe(0)
  await first.send(change('1', 4, 7))
  expect(bench.ratings.state()).toBeUndefined()
  await first.send(caughtUp(7))
  expect(bench.ratings.state()).toEqual({
    revision: 7,
    unavailableSince: undefined,
    ratingCount: 1,
  })
  await first.send(change('1', undefined, 8))
  expect([bench.rated.get('1'), bench.ratings.state()?.revision]).toEqual([undefined, 8])
})

test('a lost watch continues from its last revision, and its ratings stay', async () => {
  await using bench = setUp()
  const first = await bench.watch()
  await first.send(change('1', 4, 7), caughtUp(7))
  first.fail(lost)
  const second = await bench.watch()
  expect(second.since).toBe(7)
  expect(bench.ratings.state()).toMatchObject({ revision: 7, unavailableSince: undefined })
  second.fail(lost)
  const third = await bench.watch()
  expect(bench.ratings.state()?.unavailableSince).toBeInstanceOf(Date)
  await third.send(change('2', 3, 8))
  // More may have changed.
  expect(bench.ratings.state()?.unavailableSince).toBeInstanceOf(Date)
  await third.send(caughtUp(8))
  expect(bench.ratings.state()).toEqual({
    revision: 8,
    unavailableSince: undefined,
    ratingCount: 2,
  })
  expect([bench.rated.get('1'), bench.rated.get('2')]).toEqual([rating(4), rating(3)])
})

test('watches that always break before they caught up make the ratings stale', async () => {
  await using bench = setUp()
  const first = await bench.watch()
  await first.send(caughtUp(1))
  first.fail(lost)
  for (const revision of [2, 3]) {
    const watch = await bench.watch()
    await watch.send(change('1', 4, revision))
    watch.fail(lost)
  }
  await bench.watch()
  expect(bench.ratings.state()).toEqual({
    revision: 3,
    unavailableSince: expect.any(Date),
    ratingCount: 1,
  })
})

test('the ratings of another database replace those of before', async () => {
  await using bench = setUp()
  const first = await bench.watch()
  await first.send(change('1', 4, 7), change('2', 3, 9), caughtUp(9))
  first.fail(lost)
  const second = await bench.watch()
  await second.send(change('2', 5, 1))
  expect([bench.rated.get('1'), bench.rated.get('2')]).toEqual([undefined, rating(5)])
  expect(bench.ratings.state()).toBeUndefined()
  await second.send(caughtUp(2))
  expect(bench.ratings.state()?.revision).toBe(2)
})

test('a watch that is silent for too long is opened again', async () => {
  await using bench = setUp()
  const first = await bench.watch()
  await first.send(caughtUp(3))
  bench.clock.advance(44_000)
  await first.send(caughtUp(3))
  bench.clock.advance(44_000)
  expect(first.signal.aborted).toBe(false)
  bench.clock.advance(6_000)
  expect(first.signal.aborted).toBe(true)
  const second = await bench.watch()
  expect(second.since).toBe(3)
})

test('an outage is one warning with its reason, however long it is', async () => {
  await using bench = setUp()
  for (let n = 0; n < 20; n++) (await bench.watch()).fail(lost)
  await bench.watch()
  expect(bench.warnings).toEqual(['the rating service is unavailable: the connection was lost'])
})

test('ratings beyond the maximum are left out, with a warning, and known ones still change', async () => {
  await using bench = setUp(2)
  const first = await bench.watch()
  await first.send(change('1', 1, 1), change('2', 2, 2), change('3', 3, 3), change('4', 3, 4))
  await first.send(change('2', 5, 5))
  expect(['1', '2', '3'].map(bench.rated.get)).toEqual([rating(1), rating(5), undefined])
  expect(bench.warnings).toEqual(['there is room for 2 rated movies: lists leave out the others'])
  await first.send(change('1', undefined, 6), change('3', 4, 7))
  expect(bench.rated.get('3')).toEqual(rating(4))
})

test('a disposed follower has closed its watch', async () => {
  const bench = setUp()
  const first = await bench.watch()
  await bench[Symbol.asyncDispose]()
  expect(first.signal.aborted).toBe(true)
  expect(bench.watchCount()).toBe(1)
})

interface ScriptedWatch {
  readonly since: number
  readonly signal: AbortSignal
  /** Sends messages, and resolves when all are read. */
  send(...messages: RatingMessage[]): Promise<void>
  fail(error: Error): void
}

/** Follows ratings whose watches the test answers. */
function setUp(countMax?: number) {
  const watches: ScriptedWatch[] = []
  const warnings: string[] = []
  const clock = createManualClock()
  const rated = createRatedMovies(countMax)
  let seen = 0
  const ratings = followRatings({
    watch(since, signal) {
      const scripted = createScriptedWatch(since, signal)
      watches.push(scripted.watch)
      return scripted.messages
    },
    ...{ rated, clock },
    onWarning: (message) => void warnings.push(message),
    wait: async () => {},
  })
  return {
    ...{ rated, ratings, clock, warnings },
    watchCount: () => watches.length,
    /** Returns the next watch, once it is open. */
    async watch() {
      const place = seen++
      return await waitFor(() => watches[place], { what: 'the next watch' })
    },
    [Symbol.asyncDispose]: () => ratings[Symbol.asyncDispose](),
  }
}

function createScriptedWatch(since: number, signal: AbortSignal) {
  const stream = new TransformStream<RatingMessage, RatingMessage>()
  const writer = stream.writable.getWriter()
  const ignore = () => {}
  writer.closed.catch(ignore)
  const fail = (error: Error) => void writer.abort(error).catch(ignore)
  signal.addEventListener('abort', () => fail(signal.reason))
  const watch: ScriptedWatch = {
    ...{ since, signal, fail },
    async send(...messages) {
      for (const message of messages) await writer.write(message)
      // The reader has asked for more, so it has applied the last one.
      await writer.ready
    },
  }
  return { watch, messages: stream.readable }
}
