import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { decodeMessage, encodeMessage } from './percent-text.ts'

const printable = Array.from({ length: 0x5f }, (_, n) => String.fromCharCode(0x20 + n)).join('')

test('printable ASCII other than the percent sign is not encoded', () => {
  const text = `<${printable.replace('%', '')}>`
  expect(encodeMessage(text, 512)).toBe(text)
})

test.each([
  ['', ''],
  ['movie_id: value is "required" [a/b]', 'movie_id: value is "required" [a/b]'],
  ['100 %', '100 %25'],
  ['a\r\nb\x7f\0', 'a%0D%0Ab%7F%00'],
  ['Amélie', 'Am%C3%A9lie'],
  ['🎬', '%F0%9F%8E%AC'],
  [' a b ', '%20a b%20'],
  [' ', '%20'],
  ['half \ud83c of', 'half %EF%BF%BD of'],
])('%j is encoded as %j', (text, expected) => {
  expect(encodeMessage(text, 512)).toBe(expected)
})

test.each([
  ['123456789', 9, '123456789'],
  ['1234567890', 9, ''],
  ['12345678901', 10, '1%E2%80%A6'],
  ['ééé', 18, '%C3%A9%C3%A9%C3%A9'],
  ['éééé', 18, '%C3%A9%E2%80%A6'],
])('%j within %d bytes is %j', (text, bytesMax, expected) => {
  expect(encodeMessage(text, bytesMax)).toBe(expected)
})

test.each([
  ['n%C3%B6', 'nö'],
  ['n%c3%b6', 'nö'],
  ['100 %', '100 %'],
  ['100%zz of %C3%B6%4', '100%zz of ö%4'],
  ['%FF', '\ufffd'],
])('%j is decoded as %j', (value, expected) => {
  expect(decodeMessage(value)).toBe(expected)
})

test('every encoded message is decoded, within its maximum size', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(decodeMessage(encodeMessage(text, 10_000))).toBe(text.toWellFormed())
      const cut = encodeMessage(text, 100)
      expect(cut.length).toBeLessThanOrEqual(100)
      expect(text.startsWith(decodeMessage(cut).replace(/…$/, ''))).toBe(true)
    }),
  )
})
