import { expect, test } from 'bun:test'
import { defaultRules } from '../scoring.ts'
import { foldChanges } from './change-batch.ts'
import { alien, heat, rating } from './contract/fixtures.ts'
import { decodeChanges, encodeChanges } from './outbox.ts'

const stamp = { revision: 7, updateTimeMs: 70 }
const unrated = { histogram: [], step: () => undefined, revision: () => undefined }

function encode(...ratedTimesMs: (number | undefined)[]): string {
  const changes = ratedTimesMs.map((ratedTimeMs, index) => {
    const record = index % 2 === 0 ? alien : heat
    return { ...rating(`user-${index}`, 4.5, record), ratedTimeMs, kind: 'put' } as const
  })
  return encodeChanges(foldChanges(changes, () => unrated, defaultRules).edits)
}

test('a write without rated times is in the outbox as the version before writes and reads it', () => {
  const text = '[["movie","alien","user-0",4.5,"user-2",4.5],["movie","heat","user-1",4.5]]'
  expect(encode(undefined, undefined, undefined)).toBe(text)
  const states = decodeChanges(text, stamp)
  const of = (userId: string, record = alien) => ({ ...rating(userId, 4.5, record), ...stamp })
  expect(states).toEqual([of('user-0'), of('user-2'), of('user-1', heat)])
})

test('rated times follow the records, where the version before reads a record without changes', () => {
  const text = encode(-1, 5, undefined)
  const records = '["movie","alien","user-0",4.5,"user-2",4.5],["movie","heat","user-1",4.5]'
  expect(text).toBe(`[${records},[[-1,null,5]]]`)
  const times = decodeChanges(text, stamp).map(({ userId, ratedTimeMs }) => [userId, ratedTimeMs])
  expect(times).toEqual([
    ['user-0', -1],
    ['user-2', undefined],
    ['user-1', 5],
  ])
})
