import { expect, test } from 'bun:test'
import { parseMediaType } from './media-type.ts'

test.each([
  ['application/json', []],
  ['Application/JSON', []],
  [' application/json ', []],
  ['application/json;', []],
  ['application/json; ;', []],
  ['application/json;charset=utf-8', [['charset', 'utf-8']]],
  ['application/json; charset="utf-8"', [['charset', 'utf-8']]],
  ['application/json\t;\tCharset=UTF-8 ', [['charset', 'UTF-8']]],
  [
    'application/json; a="x;\\"y"; b=1',
    [
      ['a', 'x;"y'],
      ['b', '1'],
    ],
  ],
])('"%s" is JSON', (text, parameters) => {
  const { type, parameters: read } = parseMediaType(text) ?? {}
  expect<unknown>([type, [...(read ?? [])]]).toEqual(['application/json', parameters])
})

test.each([
  '',
  'application',
  '/json',
  'application/json charset=utf-8',
  'application/json; charset',
  'application/json; charset =utf-8',
  'application/json; charset="utf-8',
  'application/json, application/json',
])('"%s" is malformed', (text) => {
  expect(parseMediaType(text)).toBeUndefined()
})
