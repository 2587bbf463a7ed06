import { expect, test } from 'bun:test'
import { base64From, textFrom } from './byte-text.ts'

test('bytes are written as text, base64 or hexadecimal digits', () => {
  for (const [text, form] of [
    ['hé', 'text'],
    ['aMOp', 'base64'],
    ['68 c3 a9', 'hex'],
  ] as const) {
    expect(base64From(text, form)).toBe('aMOp')
    expect(textFrom('aMOp', form)).toBe(text)
  }
})

test('digits may be apart or together, and unfinished ones stay as they are', () => {
  expect(base64From('68:C3:a9', 'hex')).toBe('aMOp')
  expect(base64From('68c3a9', 'hex')).toBe('aMOp')
  expect(base64From('68c', 'hex')).toBe('68c')
  expect(base64From('zz', 'hex')).toBe('zz')
})

test('bytes that are no text have none', () => {
  expect(textFrom('/w==', 'text')).toBeUndefined()
  expect(textFrom('not base64!', 'hex')).toBeUndefined()
})
