import { describe, expect, test } from 'bun:test'
import type { HeaderList } from '../../exchange.ts'
import { HpackDecoder } from './decoder.ts'
import { encodedBytesMax, HpackEncoder } from './encoder.ts'

const limits = { listBytesMax: 65_536, listCountMax: 100 }

function encode(encoder: HpackEncoder, ...headers: string[]): Buffer {
  const out = Buffer.alloc(encodedBytesMax(headers))
  return out.subarray(0, encoder.encode(headers, out, 0))
}

test('a header that repeats takes one octet the second time', () => {
  const encoder = new HpackEncoder()
  const headers = [':status', '200', 'content-type', 'application/grpc', 'x-of-our-own', 'a']
  encode(encoder, ...headers)
  expect([...encode(encoder, ...headers)]).toEqual([0x88, 0xbf, 0xbe])
})

describe('a header that does not repeat', () => {
  test.each([
    'x-request-id',
    'content-length',
    'etag',
    'grpc-message',
    'grpc-status-details-bin',
    'location',
  ])('a header that does not repeat removes no entry: %s', (name) => {
    const encoder = new HpackEncoder()
    const first = encode(encoder, name, '1')
    expect((first[0] ?? 0) & 0xf0).toBe(0x00)
    expect(encode(encoder, name, '1')).toEqual(first)
  })
})

describe('a secret header', () => {
  test.each(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])(
    'a secret is never indexed: %s',
    (name) => {
      const encoder = new HpackEncoder()
      const first = encode(encoder, name, 'secret')
      expect((first[0] ?? 0) & 0xf0).toBe(0x10)
      expect(encode(encoder, name, 'secret')).toEqual(first)
    },
  )
})

test('an entry larger than half of the table is not added', () => {
  const encoder = new HpackEncoder()
  const large = 'x'.repeat(2048)
  const before = encode(encoder, 'large', large)
  expect(encode(encoder, 'large', large)).toEqual(before)
})

test('the Huffman code makes no text longer', () => {
  const block = encode(new HpackEncoder(), 'x', '{}{}{}')
  expect(block.toString('latin1')).toContain('{}{}{}')
})

test('all values of one name are found again until they are removed', () => {
  const encoder = new HpackEncoder()
  const values = ['a', 'b', 'c']
  for (const value of values) encode(encoder, 'name', value)
  expect(values.map((value) => [...encode(encoder, 'name', value)])).toEqual([[192], [191], [190]])
  for (let count = 0; count < 200; count++) encode(encoder, `${count}`, '')
  expect(encode(encoder, 'name', 'b').length).toBeGreaterThan(1)
})

describe("the size of the encoder's table", () => {
  test('a new table size is signalled at the beginning of the next block, once', () => {
    const encoder = new HpackEncoder()
    encoder.setPeerTableBytes(100)
    expect([...encode(encoder, ':method', 'GET')]).toEqual([0x3f, 100 - 31, 0x82])
    expect([...encode(encoder, ':method', 'GET')]).toEqual([0x82])
  })

  test('two table sizes are signalled when the table was smaller in between', () => {
    const encoder = new HpackEncoder()
    for (const bytes of [100, 0, 50]) encoder.setPeerTableBytes(bytes)
    expect([...encode(encoder)]).toEqual([0x20, 0x3f, 50 - 31])
  })

  test('a table size is signalled when the table was emptied and restored', () => {
    const encoder = new HpackEncoder()
    encode(encoder, 'a', 'b')
    for (const bytes of [0, 4096]) encoder.setPeerTableBytes(bytes)
    expect([...encode(encoder, 'a', 'b')].slice(0, 5)).toEqual([0x20, 0x3f, 0xe1, 0x1f, 0x40])
  })

  test('the table is never larger than our maximum', () => {
    const encoder = new HpackEncoder()
    encoder.setPeerTableBytes(1 << 30)
    expect([...encode(encoder)]).toEqual([])
    expect([...encode(new HpackEncoder({ tableBytesMax: 0 }))]).toEqual([0x20])
  })

  test('without a table every header is a literal', () => {
    const encoder = new HpackEncoder()
    encoder.setPeerTableBytes(0)
    expect(encode(encoder, 'a', 'b')).toEqual(Buffer.from([0x20, 0x00, 1, 0x61, 1, 0x62]))
    expect(encode(encoder, 'a', 'b')).toEqual(Buffer.from([0x00, 1, 0x61, 1, 0x62]))
  })
})

test('a block is written at the given offset, within the announced size', () => {
  const headers: HeaderList = [
    'a'.repeat(300),
    '\xff'.repeat(300),
    'x-request-id',
    '\xff'.repeat(300),
  ]
  const out = Buffer.alloc(encodedBytesMax(headers) + 20, 0xaa)
  const end = new HpackEncoder().encode(headers, out, 10)
  expect(end).toBeLessThanOrEqual(out.length - 10)
  expect(new HpackDecoder().decode(out.subarray(10, end), limits).headers).toEqual(headers)
  const around = [...out.subarray(0, 10), ...out.subarray(end)]
  expect(new Set(around)).toEqual(new Set([0xaa]))
})
