import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { dayMs, periodTimes } from '../../period/period.ts'
import { type Rating, type RatingChange, recordKey } from '../../rating.ts'
import { createScale } from '../../scale.ts'
import { defaultRules, scoringOf } from '../../scoring.ts'
import type { RatingDatabase } from '../database.ts'
import type { PeriodTimes } from '../period-counts.ts'
import type { RatingPlace } from '../rating-lists.ts'
import { alien, heat, movie, type OpenRatingStore, rating, rules } from './fixtures.ts'
import type { ConvertScale } from './scales.ts'

const endMs = Date.parse('2024-03-01T00:00:00Z')
const times = periodTimes(endMs)
const daysAgo = (days: number) => endMs - days * dayMs
const rated = (ratedTimeMs: number | undefined, one: Rating) => ({ ...one, ratedTimeMs })

/** Declares the tests of counts by time. */
export function describePeriods(createDatabase: () => OpenRatingStore): void {
  const openAt = (clock: () => number) => createDatabase()({ rules, clock })
  const openNew = () => openAt(() => daysAgo(400))

  test('a rating counts in the periods that its rated time is in, to the millisecond', async () => {
    await using store = await openNew()
    const placed = [
      rated(times.monthStartMs - 1, rating('before', 1)),
      rated(times.monthStartMs, rating('first', 2)),
      rated(times.weekStartMs - 1, rating('last of old', 3)),
      rated(times.weekStartMs, rating('new', 4)),
      rated(endMs - 1, rating('today', 5)),
      rated(endMs, rating('tomorrow', 5)),
      rating('long ago', 1),
    ]
    await store.put(placed)
    expect(await countsOf(store)).toEqual({
      alien: { month: [0, 1, 1, 1, 1], week: [0, 0, 0, 1, 1] },
    })
    expect(await countsOf(store, 100, periodTimes(endMs + dayMs))).toEqual({
      alien: { month: [0, 0, 1, 1, 2], week: [0, 0, 0, 0, 2] },
    })
    expect(await countsOf(store, 100, periodTimes(endMs + 40 * dayMs))).toEqual({})
  })

  test('a rating without a rated time counts by the time of its put', async () => {
    let now = daysAgo(40)
    await using store = await openAt(() => now)
    await store.put([rating('ann', 1), rating('bob', 2)])
    now = daysAgo(20)
    await store.put([rating('ann', 3)])
    now = daysAgo(2)
    await store.put([rating('cy', 4), rated(daysAgo(300), rating('dan', 4))])
    expect(await countsOf(store)).toEqual({
      alien: { month: [0, 0, 1, 1, 0], week: [0, 0, 0, 1, 0] },
    })
  })

  test('ratings that are changed, deleted or erased leave the counts', async () => {
    await using store = await openNew()
    const recent = (user: string, value: number, record = alien) =>
      rated(daysAgo(1), rating(user, value, record))
    await store.put([recent('ann', 1), recent('bob', 2), recent('cy', 3), recent('cy', 3, heat)])
    await store.put([recent('ann', 5), rated(daysAgo(99), rating('bob', 2))])
    expect(await countsOf(store)).toEqual({
      alien: { month: [0, 0, 1, 0, 1], week: [0, 0, 1, 0, 1] },
      heat: { month: [0, 0, 1, 0, 0], week: [0, 0, 1, 0, 0] },
    })
    await store.delete(alien, 'ann')
    await store.deleteRatingsOfUser('cy', 9)
    expect(await countsOf(store)).toEqual({})
  })

  test('restored ratings count by the times of the other store', async () => {
    await using store = await openNew()
    await using other = await openAt(() => endMs - 1)
    await store.put([rated(daysAgo(3), rating('ann', 4)), rating('bob', 2)])
    const { ratings } = await store.outbox.ratings({ record: 0, userId: '' }, 9)
    await other.restore.ratings(ratings)
    expect(await countsOf(other)).toEqual(await countsOf(store))
    expect(Object.keys(await countsOf(other))).toEqual(['alien'])
  })

  test(
    'counts are those of all ratings, however few of them one slice reads',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyChanges, fc.integer({ min: 1, max: 9 }), async (changes, size) => {
          await using store = await openNew()
          await store.apply({
            ...{ topic: 'ratings', log: 'log', partition: 0, nextPosition: 1 },
            ...{ expectedPosition: undefined, changes },
          })
          expect(await countsOf(store, size)).toEqual(expectedCounts(changes))
        }),
        { numRuns: 30 },
      )
    },
    propertyTimeoutMs,
  )
}

/** Declares the tests of counts that a database keeps. */
export function describeStoredPeriods(
  createDatabase: () => OpenRatingStore,
  convert: ConvertScale,
): void {
  test('the counts of converted ratings are on the new scale', async () => {
    const open = createDatabase()
    const clock = () => endMs - 1
    const first = await open({ rules: defaultRules, clock })
    await first.put([rating('ann', 4.5), rated(daysAgo(20), rating('bob', 2))])
    await first[Symbol.asyncDispose]()
    const tens = scoringOf(createScale('1:10:1'))
    await convert(open, { recordType: 'movie', to: tens.scale, multiply: 2, divide: 1 })
    const rules = { ...defaultRules, named: new Map([['movie', tens]]) }
    await using second = await open({ rules, clock })
    const zeros = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    expect(await countsOf(second)).toEqual({
      alien: { month: zeros.with(8, 1).with(3, 1), week: zeros.with(8, 1) },
    })
    const slice = await second.countPeriods(times, { record: 0, userId: '' }, 9)
    expect(slice.rules.named.get('movie')?.scale.values).toEqual(tens.scale.values)
  })
}

/** Enough for thirty runs on a shared disk. */
const propertyTimeoutMs = 60_000

const anyChanges = fc.array(
  fc
    .record({
      userId: fc.constantFrom('a', 'b', 'c', 'É', '😀'),
      id: fc.nat({ max: 6 }),
      value: fc.option(fc.integer({ min: 1, max: 5 })),
      days: fc.option(fc.integer({ min: -1, max: 32 })),
    })
    .map(({ userId, id, value, days }): RatingChange => {
      const name = { ...movie(`${id}`), userId }
      if (value === null) return { ...name, kind: 'delete' }
      const ratedTimeMs = days === null ? undefined : daysAgo(days)
      return { ...name, kind: 'put', value, ratedTimeMs }
    }),
  { maxLength: 60 },
)

type Counts = Record<string, { month: number[]; week: number[] }>

/** Counts by record id, read in slices of a size. */
async function countsOf(
  store: Pick<RatingDatabase, 'countPeriods' | 'scoring'>,
  size = 100,
  until: PeriodTimes = times,
): Promise<Counts> {
  const counts: Counts = {}
  const ended = new Set<string>()
  let lastId: string | undefined
  let place: RatingPlace | undefined = { record: 0, userId: '' }
  while (place !== undefined) {
    const slice = await store.countPeriods(until, place, size)
    for (const { recordType, recordId, step, weekCount, monthCount } of slice.counts) {
      if (lastId !== undefined && lastId !== recordId) ended.add(lastId)
      expect(ended.has(recordId)).toBe(false)
      lastId = recordId
      const zeros = store.scoring(recordType).scale.values.map(() => 0)
      counts[recordId] ??= { month: zeros, week: [...zeros] }
      const { month, week } = counts[recordId]
      month[step] = (month[step] ?? 0) + monthCount
      week[step] = (week[step] ?? 0) + weekCount
    }
    place = slice.next
  }
  return counts
}

/** Counts the last change of each rating. */
function expectedCounts(changes: readonly RatingChange[]): Counts {
  const last = new Map(changes.map((one) => [`${recordKey(one)} ${one.userId}`, one]))
  const counts: Counts = {}
  for (const one of last.values()) {
    if (one.kind === 'delete' || one.ratedTimeMs == null) continue
    const { recordId, value, ratedTimeMs } = one
    if (ratedTimeMs < times.monthStartMs || ratedTimeMs >= endMs) continue
    counts[recordId] ??= { month: [0, 0, 0, 0, 0], week: [0, 0, 0, 0, 0] }
    const { month, week } = counts[recordId]
    month[value - 1] = (month[value - 1] ?? 0) + 1
    if (ratedTimeMs >= times.weekStartMs) week[value - 1] = (week[value - 1] ?? 0) + 1
  }
  return counts
}
