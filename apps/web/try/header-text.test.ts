import { expect, test } from 'bun:test'
import { headerText, parseHeaderText } from './header-text.ts'

test('a header is a line, and a value may hold colons', () => {
  const headers = [
    ['x-request-id', 'a:b'],
    ['authorization', 'Bearer c'],
  ] as const
  const text = 'X-Request-Id: a:b\n\n authorization:Bearer c '
  expect(parseHeaderText(text)).toEqual({ headers })
  expect(parseHeaderText(headerText(headers))).toEqual({ headers })
})

test('what is no header is told with its line', () => {
  for (const text of ['name', ': value', 'na me: value', 'name: é', 'näme: value']) {
    expect(parseHeaderText(text)).toEqual({ problem: expect.stringContaining(text) })
  }
})
