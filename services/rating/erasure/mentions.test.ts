import { expect, test } from 'bun:test'
import { changesOf, eventsOf } from './mentions.ts'

const encoder = new TextEncoder()

interface Content {
  readonly key?: string
  readonly value?: string
  readonly header?: string
}

function record({ key, value, header }: Content) {
  const bytes = (text: string | undefined) => (text === undefined ? null : encoder.encode(text))
  const headers = header === undefined ? [] : [{ name: 'note', value: encoder.encode(header) }]
  return { offset: 0, timestampMs: 0, key: bytes(key), value: bytes(value), headers }
}

test.each<[string, string, Content, boolean]>([
  ['an event of the user', '7', { value: '{"userId":"7","recordId":"1"}' }, true],
  ['an escaped id', 'ann', { value: '{"userId":"\\u0061nn"}' }, true],
  ['an id as a number', '7', { value: '{"userId":7}' }, true],
  [
    'an id as a number that no double holds',
    '1114259415508639744123',
    { value: '{"userId":1114259415508639744123}' },
    true,
  ],
  [
    'a number that is the id only when it is rounded',
    '9007199254740992',
    { value: '{"userId":9007199254740993}' },
    false,
  ],
  [
    'an event of another about a record of that id',
    '7',
    { key: '7', value: '{"userId":"8","recordId":"7"}' },
    false,
  ],
  ['a value of that id', '5', { value: '{"userId":"8","value":5}' }, false],
  ['an event without a user that mentions it', 'ann', { value: '{"user":{"name":["ann"]}}' }, true],
  ['a name that is the id', 'ann', { value: '{"ann":1}' }, true],
  ['broken JSON', 'ann', { value: '{"userId":"ann"' }, true],
  ['a part of another word', 'ann', { value: 'hannah, ann_2 and annä' }, false],
  ['a word after a part of another', 'ann', { value: 'hannah ann' }, true],
  ['a key without a value', 'ann', { key: 'ann' }, true],
  ['a header', 'ann', { value: '[]', header: 'by ann' }, true],
  ['nothing', 'ann', {}, false],
])('an event is found to be of a user, or not: %s', (_, userId, content, expected) => {
  expect(eventsOf(userId)(record(content))).toBe(expected)
})

test('a record is found however deep it mentions the user', () => {
  const value = `${'['.repeat(500)}"ann"${']'.repeat(500)}`
  expect(eventsOf('ann')(record({ value }))).toBe(true)
  expect(eventsOf('bob')(record({ value }))).toBe(false)
})

test.each<[Content, boolean]>([
  [{ key: '["movie","1","ann"]', value: '{}' }, true],
  [{ key: '["movie","1","ann"]' }, true],
  [{ key: '["movie","ann","bob"]', value: '{}' }, false],
  [{ key: '["movie","ann"]', value: '{}' }, false],
  [{ key: 'ann', value: '{}' }, false],
  [{ value: '{}' }, false],
])('a change is of the user that its key names', (content, expected) => {
  expect(changesOf('ann')(record(content))).toBe(expected)
})
