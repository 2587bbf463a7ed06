import { expect, test } from 'bun:test'
import { ratingKey } from './keys.ts'
import { defaultScale } from './scale.ts'

const press = (key: string, others: Partial<KeyboardEvent> = {}) =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, ...others }) as KeyboardEvent

test.each([
  ['1', { value: 1 }],
  ['5', { value: 5 }],
  ['6', undefined],
  ['0', { value: undefined }],
  ['Backspace', { value: undefined }],
  ['a', undefined],
])('on a scale of stars, the key %s sets %j', (key, rating) => {
  expect(ratingKey(press(key), defaultScale)).toEqual(rating)
})

test('a digit sets a value that the scale has', () => {
  expect(ratingKey(press('7'), { min: 1, max: 10, step: 1 })).toEqual({ value: 7 })
  expect(ratingKey(press('1'), { min: 2, max: 10, step: 2 })).toBeUndefined()
})

test('a digit with a modifier is another shortcut', () => {
  expect(ratingKey(press('4', { ctrlKey: true }), defaultScale)).toBeUndefined()
})
