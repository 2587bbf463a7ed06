import { expect, test } from 'bun:test'
import { create, type MessageShape, toJson } from '@bufbuild/protobuf'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, ConnectError } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { ListBooksRequestSchema } from '../../../gen/library/v1/library_pb.ts'
import { fieldText } from '../errors/field-violations.ts'
import { createCodec } from './codec.ts'

const codec = createCodec(ListBooksRequestSchema, 'json', {})
const parse = (text: string) =>
  codec.parse(new TextEncoder().encode(text)) as MessageShape<typeof ListBooksRequestSchema>

test.each([
  '2026-02-28T00:00:00Z',
  '2024-02-29T23:59:59.999999999Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-12-31T23:59:59+14:00',
])('the time %s is a timestamp', (time) => {
  expect(() => parse(JSON.stringify({ since: time, times: [time] }))).not.toThrow()
})

test.each([
  '2026-02-29T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-04-31T12:00:00+02:00',
  '2026-13-01T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T23:60:00Z',
  '2026-01-31T23:59:60Z',
  '2026-01-31T23:59:59+24:00',
  '0000-12-31T00:00:00Z',
  '2026-01-31',
  '',
  'today',
])('the time %p, which no calendar has, is refused with the name of its field', (time) => {
  const text = `since is "${time}": send a time such as 2026-01-31T12:00:00Z`
  expect(refusalOf({ since: time })).toEqual({ field: 'since', rule: 'timestamp', text })
})

test.each([
  [{ times: ['2026-01-31T00:00:00Z', '2026-02-30T00:00:00Z'] }, 'times[1]'],
  [{ inner: { inner: { since: '2026-02-30T00:00:00Z' } } }, 'inner.inner.since'],
  [{ since: 5 }, 'since'],
  [{ since: { seconds: 5 } }, 'since'],
])('a wrong value in %j is named by its path', (json, field) => {
  expect(refusalOf(json)).toMatchObject({ field })
})

test.each([
  [{ genres: ['GENRE_POEM', 'POEM'] }, 'genres[1]', 'POEM'],
  [{ author: { genre: 'genre_poem' } }, 'author.genre', 'genre_poem'],
  [{ authors: [{}, { genre: '2' }] }, 'authors[1].genre', '2'],
  [{ inner: { author: { genre: '' } } }, 'inner.author.genre', ''],
])(
  'an unknown name of an enum is refused with its field and the names: %j',
  (json, field, name) => {
    const names = 'GENRE_UNSPECIFIED, GENRE_NOVEL, GENRE_POEM'
    const text = `${field} is "${name}": send one of ${names}`
    expect(refusalOf(json)).toEqual({ field, rule: 'enum.defined_only', text })
  },
)

test.each([
  [
    { genres: ['GENRE_UNSPECIFIED', 'GENRE_POEM', 2] },
    ['GENRE_UNSPECIFIED', 'GENRE_POEM', 'GENRE_POEM'],
  ],
  // An open enum has numbers without a name.
  [{ genres: [7] }, [7]],
])('the known names of an enum, and its numbers, are accepted: %j', (json, genres) => {
  expect(toJson(ListBooksRequestSchema, parse(JSON.stringify(json)))).toEqual({ genres })
})

test('a value is found when its name has escapes', () => {
  const parsing = () => parse(String.raw`{"\u0073ince":"2026-02-30T00:00:00Z"}`)
  expect(parsing).toThrow('since is "2026-02-30T00:00:00Z"')
})

test.each([
  [{ since: null, times: [], inner: null }],
  [{ query: '"since":"2026-02-30T00:00:00Z"' }],
  [{ unknown: { since: '2026-02-30T00:00:00Z' } }],
  [{ genre: 'POEM', author: { genre: null, style: 'POEM' } }],
])('a value of another field, and an unset one, is not checked: %j', (json) => {
  expect(() => parse(JSON.stringify(json))).not.toThrow()
})

test.each(['{"since":', '{"since":"x"', '[{"since":"x"}]', '{"inner":5,"query":"\\""}'])(
  'a text that is no message is refused as such: %s',
  (text) => {
    expect(() => parse(text)).toThrow(/cannot decode message library.v1.ListBooksRequest/)
  },
)

test('deep messages are left to the parser', () => {
  const text = `${'{"inner":'.repeat(10_000)}{"since":"x"}${'}'.repeat(10_000)}`
  expect(() => parse(text)).toThrow(ConnectError)
})

alsoOnDenoAndNode(import.meta.filename)

/** Returns what the error of a message says, in its text and for programs. */
function refusalOf(json: unknown) {
  try {
    parse(JSON.stringify(json))
  } catch (error) {
    const { code, rawMessage: text, details } = ConnectError.from(error)
    expect(code).toBe(Code.InvalidArgument)
    const values = details.flatMap((detail) => ('desc' in detail ? [detail] : []))
    const detail = values.find(({ desc }) => desc.typeName === ViolationsSchema.typeName)
    const [violation] = create(ViolationsSchema, detail?.value as object).violations
    return { field: fieldText(violation?.field), rule: violation?.ruleId, text }
  }
  return expect.unreachable('the message was accepted')
}
