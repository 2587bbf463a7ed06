import { expect, test } from 'bun:test'
import { ListBooksRequestSchema } from '../../../gen/library/v1/library_pb.ts'
import { EverythingSchema } from '../../../gen/oracle/v1/oracle_pb.ts'
import { createCodec } from './codec.ts'
import { exactIntegersOf } from './exact-integers.ts'

const exact = exactIntegersOf(ListBooksRequestSchema)

test.each([
  ['{"big":9007199254740993}', '{"big":"9007199254740993"}'],
  ['{"numbers":[-9007199254740993, 1]}', '{"numbers":["-9007199254740993", 1]}'],
  ['{"big":"9007199254740993"}', '{"big":"9007199254740993"}'],
  [String.raw`{"query":"\" 9007199254740993"}`, String.raw`{"query":"\" 9007199254740993"}`],
  ['{"weight":1.0000000000000001}', '{"weight":1.0000000000000001}'],
  ['{"weight":1e0000000000000001}', '{"weight":1e0000000000000001}'],
  ['{"big":09007199254740993}', '{"big":09007199254740993}'],
  ['{9007199254740993:1}', '{9007199254740993:1}'],
])('the JSON %s becomes %s', (text, expected) => {
  expect(exact(text)).toBe(expected)
})

const n = '9007199254740993'

test.each([
  [`{"unsigned":${n}}`, `{"unsigned":"${n}"}`],
  [`{"document":{"large":${n}},"large":${n}}`, `{"document":{"large":${n}},"large":"${n}"}`],
  [
    `{"document":[${n},[${n}],${n}],"large":${n}}`,
    `{"document":[${n},[${n}],${n}],"large":"${n}"}`,
  ],
  [`{"large":${n},"document":${n}}`, `{"large":"${n}","document":${n}}`],
  [
    `{"nested":{"numbers":[1,${n}]},"copies":${n}}`,
    `{"nested":{"numbers":[1,"${n}"]},"copies":"${n}"}`,
  ],
  [
    `{"branches":[{"numbers":[${n}]},{"numbers":[2,${n}]}]}`,
    `{"branches":[{"numbers":["${n}"]},{"numbers":[2,"${n}"]}]}`,
  ],
  [`{"counts":{"document":${n}},"unknown":${n}}`, `{"counts":{"document":"${n}"},"unknown":${n}}`],
  [`{"l\\u0061rge":${n},"text":"[${n}"}`, `{"l\\u0061rge":"${n}","text":"[${n}"}`],
  [`{${n}:1}`, `{${n}:1}`],
  [`]}${n}`, `]}"${n}"`],
])('beside values of any kind, which keep their text, %s becomes %s', (text, expected) => {
  expect(exactIntegersOf(EverythingSchema)(text)).toBe(expected)
})

test.each([
  ['a type', ListBooksRequestSchema],
  ['a type with values of any kind', EverythingSchema],
])('in the JSON of %s, a string without an end is read once, however long it is', (_, desc) => {
  const text = `"${'\\"'.repeat(300_000)}${n}`
  const startMs = performance.now()
  expect(exactIntegersOf(desc)(text)).toBe(text)
  expect(performance.now() - startMs).toBeLessThan(1_000)
})

test.each([
  ['a type', ListBooksRequestSchema, 'big'],
  ['a type with values of any kind', EverythingSchema, 'large'],
])('in the JSON of %s, an integer behind millions of escapes keeps its value', (_, desc, name) => {
  const before = `{"text":"${String.raw`\n`.repeat(4_000_000)}${n}","${name}":`
  expect(exactIntegersOf(desc)(`${before}${n}}`) === `${before}"${n}"}`).toBe(true)
})

test('a 64-bit integer beyond 2^53 keeps its value without quotes', () => {
  const codec = createCodec(ListBooksRequestSchema, 'json', {})
  const json =
    '{"big":18446744073709551615,"numbers":[9007199254740993],"weight":12345678901234567}'
  expect(codec.parse(Buffer.from(json))).toMatchObject({
    big: 2n ** 64n - 1n,
    numbers: [9007199254740993n],
    weight: 12345678901234568,
  })
  expect(() => codec.parse(Buffer.from('{"pageSize":9007199254740993}'))).toThrow('page_size')
})
