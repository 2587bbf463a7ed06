import { expect, test } from 'bun:test'
import { headerText, parseHeaderText } from './header-text.ts'

test('each line is a header, and a value may have colons', () => {
  const headers = [
    ['x-request-id', 'a:b'],
    ['authorization', 'Bearer c'],
  ] as const
  const text = 'X-Request-Id: a:b\n\n authorization:Bearer c '
  expect(parseHeaderText(text)).toEqual({ headers })
  expect(parseHeaderText(headerText(headers))).toEqual({ headers })
})

test('an invalid header is reported with its line', () => {
  for (const text of ['name', ': value', 'na me: value', 'name: é', 'näme: value']) {
    expect(parseHeaderText(text)).toEqual({ problem: expect.stringContaining(text) })
  }
})
