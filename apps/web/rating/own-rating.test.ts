import { expect, test } from 'bun:test'
import { notRated, type OwnRatingEvent, reduceOwnRating, type Value, wish } from './own-rating.ts'

const run = (stored: Value | undefined, ...events: OwnRatingEvent[]) =>
  events.reduce(reduceOwnRating, notRated(stored))

test('a wish shows at once, and is asked for', () => {
  const state = run(undefined, { kind: 'wish', value: 4 })
  expect(state.wanted).toBe(4)
  expect(wish(state)).toEqual({ value: 4 })
})

test('while one is asked for no other is, and the last wish is asked for next', () => {
  const asked = run(2, { kind: 'wish', value: 4 }, { kind: 'asked' })
  const changed = [3, 5].reduce(
    (state, value) => reduceOwnRating(state, { kind: 'wish', value: value as Value }),
    asked,
  )
  expect(wish(changed)).toBeUndefined()
  const stored = reduceOwnRating(changed, { kind: 'stored' })
  expect(stored.stored).toBe(4)
  expect(wish(stored)).toEqual({ value: 5 })
})

test('what is refused goes back to what is stored, with the reason', () => {
  const asked: OwnRatingEvent[] = [{ kind: 'wish', value: 1 }, { kind: 'asked' }]
  const state = run(3, ...asked, { kind: 'refused', reason: 'down' })
  expect(state).toEqual({ stored: 3, wanted: 3, refusal: 'down' })
  expect(wish(state)).toBeUndefined()
})

test('a refusal does not undo a later wish', () => {
  const asked: OwnRatingEvent[] = [{ kind: 'wish', value: 1 }, { kind: 'asked' }]
  const state = run(3, ...asked, { kind: 'wish', value: 5 }, { kind: 'refused', reason: 'down' })
  expect(state.refusal).toBeUndefined()
  expect(wish(state)).toEqual({ value: 5 })
})

test('a new wish forgets the refusal of the one before', () => {
  const refused = run(
    3,
    { kind: 'wish', value: 1 },
    { kind: 'asked' },
    { kind: 'refused', reason: 'down' },
  )
  expect(reduceOwnRating(refused, { kind: 'wish', value: 2 }).refusal).toBeUndefined()
})

test('a refusal that was read goes, and nothing else does', () => {
  const refused = run(
    3,
    { kind: 'wish', value: 1 },
    { kind: 'asked' },
    { kind: 'refused', reason: 'down' },
  )
  expect(reduceOwnRating(refused, { kind: 'dismissed' })).toEqual(notRated(3))
  const asked = run(3, { kind: 'wish', value: 1 }, { kind: 'asked' })
  expect(reduceOwnRating(asked, { kind: 'dismissed' })).toEqual(asked)
})

test('taking back is a wish for none', () => {
  const state = run(3, { kind: 'wish', value: undefined })
  expect(wish(state)).toEqual({ value: undefined })
  const stored = [{ kind: 'asked' }, { kind: 'stored' }] as const
  expect(stored.reduce(reduceOwnRating, state)).toEqual({ stored: undefined, wanted: undefined })
})

test('what is read replaces what is stored, but no wish', () => {
  expect(run(3, { kind: 'read', value: 5 })).toEqual(notRated(5))
  expect(run(3, { kind: 'wish', value: 1 }, { kind: 'read', value: 5 }).wanted).toBe(1)
})

test('wishing for what is stored asks for nothing', () => {
  expect(wish(run(3, { kind: 'wish', value: 5 }, { kind: 'wish', value: 3 }))).toBeUndefined()
})
