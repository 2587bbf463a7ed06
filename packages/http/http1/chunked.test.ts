import { describe, expect, test } from 'bun:test'
import { array, assert, integer, property, string, tuple, uint8Array } from 'fast-check'
import { ChunkedDecoder } from './chunked.ts'
import { http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'

interface Decoded {
  readonly data: string
  readonly isDone: boolean
  readonly trailers: readonly string[]
  readonly rest: string
}

/** Decodes the text in pieces of `size` bytes. */
function decode(text: string, sizes: readonly number[] = [text.length], limits = {}): Decoded {
  const decoder = new ChunkedDecoder({ ...http1Limits, ...limits })
  const bytes = Buffer.from(text, 'latin1')
  let data = ''
  let at = 0
  for (let turn = 0; at < bytes.length && !decoder.isDone; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
    // A copy, because the decoder may move what is in it.
    const piece = Buffer.from(bytes.subarray(at, at + size))
    data += decoder.decode(piece).toString('latin1')
    at += decoder.used
  }
  const { isDone, trailers } = decoder
  return { data, isDone, trailers, rest: bytes.toString('latin1', at) }
}

function refuses(text: string, limits = {}): boolean {
  try {
    decode(text, [text.length], limits)
    return false
  } catch (error) {
    if (error instanceof Refusal) return true
    throw error
  }
}

describe('the decoder of chunked bodies', () => {
  test('a chunked body is decoded, and the bytes after it are left', () => {
    expect(decode('5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\n\r\nGET /')).toEqual({
      data: 'hello, world',
      isDone: true,
      trailers: [],
      rest: 'GET /',
    })
  })

  test('the trailers of a chunked body have names in lower case', () => {
    expect(decode('000\r\nGrpc-Status: 0\r\nx:\r\n\r\nrest')).toMatchObject({
      isDone: true,
      trailers: ['grpc-status', '0', 'x', ''],
      rest: 'rest',
    })
  })

  test('a chunked body is the same however it is split, with or without extensions', () => {
    const chunk = tuple(uint8Array({ minLength: 1, maxLength: 300 }), string({ maxLength: 20 }))
    const sizes = array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })
    assert(
      property(array(chunk, { maxLength: 20 }), sizes, (chunks, cuts) => {
        const data = chunks.map(([bytes]) => Buffer.from(bytes).toString('latin1'))
        const body = chunks.map(([bytes, extension], index) => {
          const name = Buffer.from(extension).toString('hex')
          return `${bytes.length.toString(16)}${name && `;${name}`}\r\n${data[index]}\r\n`
        })
        const text = `${body.join('')}0\r\nend: yes\r\n\r\nmore`
        expect(decode(text, cuts)).toEqual({
          data: data.join(''),
          isDone: true,
          trailers: ['end', 'yes'],
          rest: 'more',
        })
      }),
    )
  })

  test.each([
    ['no size', '\r\nhello\r\n'],
    ['a size with 0x', '0x5\r\nhello\r\n'],
    ['a size with a sign', '+5\r\nhello\r\n'],
    ['a space before a size', ' 5\r\nhello\r\n'],
    ['a space after a size', '5 \r\nhello\r\n'],
    ['a size in quotes', '"5"\r\nhello\r\n'],
    ['an underscore in a size', '1_0\r\n'],
    ['a size beyond all numbers', `${'f'.repeat(14)}\r\n`],
    ['leading zeros without an end', '0'.repeat(14)],
    ['LF alone after a size', '5\nhello\r\n'],
    ['CR alone after a size', '5\rhello\r\n'],
    ['LF alone in an extension', '5;a\nhello\r\n'],
    ['CR alone in an extension', '5;a\rb\r\nhello\r\n'],
    ['a NUL in an extension', '5;\0\r\nhello\r\n'],
    ['data that is longer than its size', '5\r\nhello!\r\n'],
    ['LF alone after data', '5\r\nhello\n0\r\n\r\n'],
    ['CR CR after data', '5\r\nhello\r\r\n'],
    ['no line end after data', '5\r\nhello0\r\n\r\n'],
    ['a folded trailer', '0\r\nx: 1\r\n y\r\n\r\n'],
    ['LF alone after a trailer', '0\r\nx: 1\n\r\n\r\n'],
    ['LF alone for the last line end', '0\r\n\n'],
    ['a trailer without a colon', '0\r\nnothing\r\n\r\n'],
  ])('a chunked body with %s is refused', (_, text) => {
    expect(refuses(text)).toBe(true)
  })

  test('the lines, trailers and overhead of a chunked body are limited', () => {
    const limits = { chunkLineBytesMax: 20, chunkOverheadBytesMax: 50, headerBytesMax: 40 }
    expect(refuses(`1;${'a'.repeat(14)}\r\n`, limits)).toBe(false)
    expect(refuses(`1;${'a'.repeat(19)}`, limits)).toBe(true)
    expect(refuses(`1;${'a'.repeat(14)}\r\nx\r\n`.repeat(26), limits)).toBe(false)
    expect(refuses(`1;${'a'.repeat(14)}\r\nx\r\n`.repeat(27), limits)).toBe(true)
    expect(refuses('1\r\nx\r\n'.repeat(10_000), limits)).toBe(false)
    expect(refuses(`0\r\nx: ${'a'.repeat(34)}\r\n\r\n`, limits)).toBe(false)
    expect(refuses(`0\r\nx: ${'a'.repeat(40)}`, limits)).toBe(true)
  })
})
