import { describe, expect, test } from 'bun:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { PutMetadataRequestSchema } from '../../../gen/metadata/v1/metadata_pb.ts'
import { MovieDetailsSchema } from '../../../gen/movie/v1/movie_pb.ts'
import {
  BatchGetAggregatedRatingsRequestSchema,
  GetAggregatedRatingResponseSchema,
  ListTopRatedRequestSchema,
} from '../../../gen/rating/v1/rating_pb.ts'
import { ServerReflectionRequestSchema } from '../gen/grpc/reflection/v1/reflection_pb.ts'
import { binaryCounter } from './binary-scan.ts'
import { countJsonElements } from './json-scan.ts'
import { messageCheck } from './message-check.ts'

const limits = { bytesMax: 100_000, elementsMax: 1_000 }

function codeOf(run: () => unknown): Code | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return ConnectError.from(error).code
  }
}

describe('the elements of a message in binary form are counted:', () => {
  const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
  const batch = BatchGetAggregatedRatingsRequestSchema
  const aggregate = GetAggregatedRatingResponseSchema
  test.each([
    ['nothing', batch, '', 0],
    ['empty messages', batch, '0a00 0a00 0a00', 3],
    ['messages with fields', batch, '0a06 0a0131 120132 0a00', 4],
    ['a message that comes again and is merged', PutMetadataRequestSchema, '0a00 0a00', 2],
    ['messages within messages', MovieDetailsSchema, '0a02 5a00 1200', 3],
    ['unknown fields of each wire type', batch, '7801 7a0131 7d00000000 7900000000 00000000', 4],
    ['packed varints', aggregate, '0a05 2a03 018101', 4],
    ['varints that are not packed', aggregate, '0a04 2801 2802', 3],
    ['groups, with what is in them', batch, '7b 0a00 7c', 3],
    ['a tag that is longer than it needs to be', batch, '8a8000 02 0a00', 2],
    ['a tag with bits that are ignored', batch, '8a80808070 02 0a00', 2],
    ['elements after a truncated message', batch, '0a02 0a05 0a00', 3],
    ['a truncated message', batch, '0a00 0a05', 2],
  ])('the elements of a binary message are counted: %s', (_, desc, text, expected) => {
    expect(binaryCounter(desc)(hex(text), 100)).toBe(expected)
  })

  test('the elements of a binary message are counted up to the limit', () => {
    const count = binaryCounter(batch)(Buffer.alloc(1_000_000, '0a00', 'hex'), 100)
    expect(count).toBe(101)
  })
})

test('a message that is too large is refused even if it has few elements', () => {
  const check = messageCheck(ListTopRatedRequestSchema, 'json', { bytesMax: 10, elementsMax: 100 })
  expect(codeOf(() => check(Buffer.alloc(11)))).toBe(Code.ResourceExhausted)
  expect(codeOf(() => check(Buffer.alloc(10)))).toBeUndefined()
})

describe('the elements of JSON are counted:', () => {
  test.each([
    ['{}', 2],
    ['[]', 2],
    ['{"a":1,"b":[2,3]}', 7],
    [' [ "a,b:[{" , "\\"," , "\\\\" ] ', 4],
    ['{"a":"\u00fc\u{1f600}"}', 3],
    ['"not closed,,,,', 1],
    [',,,,', 5],
  ])('the elements of JSON are counted: %s', (text, expected) => {
    const options = { elementsMax: 100, hasIntegersAsText: false }
    expect(countJsonElements(Buffer.from(text), options)).toBe(expected)
  })
})

describe('a message is refused before it is parsed', () => {
  const batch = BatchGetAggregatedRatingsRequestSchema
  const top = ListTopRatedRequestSchema
  const { ResourceExhausted, InvalidArgument } = Code
  const nines = '9'.repeat(2_000)
  test.each([
    [
      'with too many elements',
      batch,
      'proto',
      Buffer.alloc(2_002, '0a00', 'hex'),
      ResourceExhausted,
    ],
    [
      'with too many unknown fields',
      batch,
      'proto',
      Buffer.alloc(2_002, '7801', 'hex'),
      ResourceExhausted,
    ],
    ['with too many bytes', batch, 'proto', Buffer.alloc(100_001), ResourceExhausted],
    ['with too many objects', batch, 'json', `[${'{},'.repeat(600)}`, ResourceExhausted],
    ['with too many names', batch, 'json', `{${'"a":1,'.repeat(600)}`, ResourceExhausted],
    [
      'with too deep arrays',
      batch,
      'json',
      `${' '.repeat(1_000)}${'['.repeat(129)}`,
      InvalidArgument,
    ],
    ['with a number of many digits', top, 'json', `{"pageSize":${nines}}`, InvalidArgument],
    [
      'with such an integer in quotes',
      top,
      'json',
      `{"countMin":"\u00a0${nines}"}`,
      InvalidArgument,
    ],
    ['with such an exponent', top, 'json', `{"pageSize":1e${nines}}`, InvalidArgument],
  ] as const)('a message is refused before it is parsed: %s', (_, desc, format, text, code) => {
    const check = messageCheck(desc, format, limits)
    expect(codeOf(() => check(Buffer.from(text as string)))).toBe(code)
  })

  test.each([
    ['many digits in a text', PutMetadataRequestSchema, `{"metadata":{"title":"${nines}"}}`],
    ['as many elements as there may be', batch, `[${'1,'.repeat(998)}1]`],
    ['deep arrays that close again', batch, `${'[[[[]]]],'.repeat(150)}`],
    [
      'an escaped quote at the end',
      ServerReflectionRequestSchema,
      `{"host":"${' '.repeat(1_000)}\\`,
    ],
  ])('a message is accepted before it is parsed: %s', (_, desc, text) => {
    expect(codeOf(() => messageCheck(desc, 'json', limits)(Buffer.from(text)))).toBeUndefined()
  })
})
