import { expect, test } from 'bun:test'
import { hexDump, prettyText, utf8Text } from './dead-letter-text.ts'

test('bytes are text when they are valid UTF-8', () => {
  expect(utf8Text(new TextEncoder().encode('hé'))).toBe('hé')
  expect(utf8Text(Uint8Array.of(0xff, 0xfe))).toBeUndefined()
})

test('JSON is indented, and other text is unchanged', () => {
  expect(prettyText('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(prettyText('{"a":')).toBe('{"a":')
})

test('a hex dump has sixteen or eight bytes per line and their printable characters', () => {
  const bytes = Uint8Array.from({ length: 18 }, (_, index) => index + 0x5a)
  expect(hexDump(bytes).split('\n')).toEqual([
    '000000  5a 5b 5c 5d 5e 5f 60 61 62 63 64 65 66 67 68 69  Z[\\]^_`abcdefghi',
    `000010  6a 6b${' '.repeat(42)}  jk`,
  ])
  expect(hexDump(bytes.subarray(0, 9), 8).split('\n')).toEqual([
    '000000  5a 5b 5c 5d 5e 5f 60 61  Z[\\]^_`a',
    `000008  62${' '.repeat(21)}  b`,
  ])
  expect(hexDump(Uint8Array.of(0, 0x7f))).toEndWith('  ..')
  expect(hexDump(new Uint8Array())).toBe('')
})
