import { expect, test } from 'bun:test'
import { GetDeadLetterResponseSchema } from '../../../gen/system/v1/system_pb.ts'
import { freeKey, renamedEntry } from './map-entries.ts'

const { headers } = GetDeadLetterResponseSchema.field

test('an entry keeps its place when its key changes', () => {
  expect(Object.keys(renamedEntry({ a: 1, b: 2 }, 'a', 'c'))).toEqual(['c', 'b'])
})

test('a key that is taken is not taken over', () => {
  const map = { a: 1, b: 2 }
  expect(renamedEntry(map, 'a', 'b')).toBe(map)
})

test('a new entry has a key that no other has', () => {
  expect(freeKey({}, headers)).toBe('key1')
  expect(freeKey({ key2: 'a' }, headers)).toBe('key3')
})
