import { expect, test } from 'bun:test'
import { truncateText } from './truncate.ts'

test.each([
  ['', 8, ''],
  ['12345678', 8, '12345678'],
  ['123456789', 8, '12345…'],
  ['ééé', 6, 'ééé'],
  ['éééé', 7, 'éé…'],
  ['🎬🎬🎬', 12, '🎬🎬🎬'],
  ['🎬🎬🎬', 11, '🎬🎬…'],
  ['a🎬', 4, 'a…'],
])('%j truncated to %d bytes is %j', (text, bytesMax, expected) => {
  expect(truncateText(text, bytesMax)).toBe(expected)
})

test('a text of any length is truncated to the maximum number of bytes', () => {
  for (const text of ['a', 'é', '漢', '🎬', 'a🎬é'].map((one) => one.repeat(100_000))) {
    for (let bytesMax = 3; bytesMax < 20; bytesMax++) {
      const cut = truncateText(text, bytesMax)
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytesMax)
      expect(text.startsWith(cut.slice(0, -1))).toBe(true)
    }
  }
})
