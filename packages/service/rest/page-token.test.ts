import { expect, test } from 'bun:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { decodePageToken, encodePageToken } from './page-token.ts'

const isText = (value: unknown): value is string => typeof value === 'string'

test('a token contains its position', () => {
  expect(decodePageToken(encodePageToken('list', 'Amélie 🎬'), 'list', isText)).toBe('Amélie 🎬')
})

test('no token is the first page', () => {
  expect(decodePageToken('', 'list', isText)).toBeUndefined()
})

test('a token is short, however long the description of its list is', () => {
  const list = 'metadata:'.padEnd(10_000, 'word ')
  const token = encodePageToken(list, 'x')
  expect(token.length).toBeLessThan(40)
  expect(decodePageToken(token, list, isText)).toBe('x')
})

test.each([
  ['of another list', encodePageToken('other', 'x')],
  ['of another shape', encodePageToken('list', 5)],
  ['that is no token', 'garbage'],
  ['that holds JSON of no token', Buffer.from('{"a":1}').toString('base64url')],
])('a token %s is refused', (_, token) => {
  try {
    decodePageToken(token, 'list', isText)
  } catch (error) {
    expect(ConnectError.from(error).code).toBe(Code.InvalidArgument)
    expect((error as Error).message).toContain('page_token')
    return
  }
  throw new Error('it was taken')
})
