import { expect, test } from 'bun:test'
import {
  nextToSave,
  notRated,
  type OwnRatingEvent,
  reduceOwnRating,
  type Value,
} from './own-rating.ts'

const run = (saved: Value | undefined, ...events: OwnRatingEvent[]) =>
  events.reduce(reduceOwnRating, notRated(saved))

test('a choice shows at once and is to be saved', () => {
  const state = run(undefined, { kind: 'choose', value: 4 })
  expect(state.wanted).toBe(4)
  expect(nextToSave(state)).toEqual({ value: 4 })
})

test('one choice is saved at a time, and the last one is next', () => {
  const sent = run(2, { kind: 'choose', value: 4 }, { kind: 'sent' })
  const changed = [3, 5].reduce(
    (state, value) => reduceOwnRating(state, { kind: 'choose', value }),
    sent,
  )
  expect(nextToSave(changed)).toBeUndefined()
  const saved = reduceOwnRating(changed, { kind: 'saved' })
  expect(saved.saved).toBe(4)
  expect(nextToSave(saved)).toEqual({ value: 5 })
})

test('a rejected choice is reset to the saved rating, with the reason', () => {
  const sent: OwnRatingEvent[] = [{ kind: 'choose', value: 1 }, { kind: 'sent' }]
  const state = run(3, ...sent, { kind: 'rejected', reason: 'down' })
  expect(state).toEqual({ saved: 3, wanted: 3, error: 'down' })
  expect(nextToSave(state)).toBeUndefined()
})

test('a rejection does not undo a later choice', () => {
  const sent: OwnRatingEvent[] = [{ kind: 'choose', value: 1 }, { kind: 'sent' }]
  const state = run(3, ...sent, { kind: 'choose', value: 5 }, { kind: 'rejected', reason: 'down' })
  expect(state.error).toBeUndefined()
  expect(nextToSave(state)).toEqual({ value: 5 })
})

test('a new choice clears the error of the one before', () => {
  const rejected = run(
    3,
    { kind: 'choose', value: 1 },
    { kind: 'sent' },
    { kind: 'rejected', reason: 'down' },
  )
  expect(reduceOwnRating(rejected, { kind: 'choose', value: 2 }).error).toBeUndefined()
})

test('dismissing clears the error and nothing else', () => {
  const rejected = run(
    3,
    { kind: 'choose', value: 1 },
    { kind: 'sent' },
    { kind: 'rejected', reason: 'down' },
  )
  expect(reduceOwnRating(rejected, { kind: 'dismissed' })).toEqual(notRated(3))
  const sent = run(3, { kind: 'choose', value: 1 }, { kind: 'sent' })
  expect(reduceOwnRating(sent, { kind: 'dismissed' })).toEqual(sent)
})

test('removing a rating is a choice of none', () => {
  const state = run(3, { kind: 'choose', value: undefined })
  expect(nextToSave(state)).toEqual({ value: undefined })
  const saved = [{ kind: 'sent' }, { kind: 'saved' }] as const
  expect(saved.reduce(reduceOwnRating, state)).toEqual({ saved: undefined, wanted: undefined })
})

test('a loaded rating replaces the saved one, but no choice', () => {
  expect(run(3, { kind: 'loaded', value: 5 })).toEqual(notRated(5))
  expect(run(3, { kind: 'choose', value: 1 }, { kind: 'loaded', value: 5 }).wanted).toBe(1)
})

test('choosing the saved rating saves nothing', () => {
  expect(
    nextToSave(run(3, { kind: 'choose', value: 5 }, { kind: 'choose', value: 3 })),
  ).toBeUndefined()
})
