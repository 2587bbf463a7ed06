import { describe, expect, test } from 'bun:test'
import { HpackDecoder } from './decoder.ts'
import { HpackError } from './error.ts'
import { writeHuffman } from './huffman.ts'

const limits = { listBytesMax: 65_536, listCountMax: 100 }
/** `a: b`, added to the table. */
const added = [0x40, 1, 0x61, 1, 0x62]
const newest = 0xbe

function decode(...octets: number[]) {
  return new HpackDecoder().decode(Buffer.from(octets), limits)
}

describe('a malformed block', () => {
  const onePastEnd = 0xbf
  test.each<[problem: string, octets: number[], message: string]>([
    ['index 0', [0x80], 'index without an entry'],
    ['an index of an empty table', [newest], 'index without an entry'],
    ['an index after the oldest entry', [...added, onePastEnd], 'index without an entry'],
    ['a name index of no entry', [0x7f, 0x00, 1, 0x61], 'index without an entry'],
    ['an index that breaks off', [0xff], 'truncated'],
    ['an index that breaks off in its middle', [0xff, 0x80], 'truncated'],
    ['an index beyond 32 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 'integer too large'],
    ['an index of idle octets', [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 'integer too large'],
    ['a name without a value', [0x40, 1, 0x61], 'truncated'],
    ['a literal without a name', [0x40], 'truncated'],
    ['a string longer than the block', [0x40, 1, 0x61, 2, 0x62], 'longer than its block'],
    ['a string of 4 GiB', [0x40, 0x7f, 0x80, 0xff, 0xff, 0xff, 0x0f], 'longer than its block'],
    ['a Huffman text of the end of string', [0x40, 0x84, 255, 255, 255, 255, 0], 'Huffman'],
    ['a Huffman padding of eight bits', [0x40, 0x82, 0xf8, 0xff, 0], 'Huffman'],
    ['a Huffman padding of zeros', [0x40, 0x81, 0x18, 0], 'Huffman'],
    ['a size update after a header', [0x82, 0x20], 'after a header'],
    ['a size update beyond what is allowed', [0x3f, 0xe2, 0x1f], 'larger than allowed'],
    ['a size update that breaks off', [0x3f], 'truncated'],
  ])('a malformed block is refused: %s', (_, octets, message) => {
    expect(() => decode(...octets)).toThrow(message)
    expect(() => decode(...octets)).toThrow(HpackError)
  })
})

describe('a valid block', () => {
  test.each<[meaning: string, octets: number[], headers: string[]]>([
    ['an empty one', [], []],
    ['size updates alone', [0x20, 0x3f, 0xe1, 0x1f], []],
    ['an empty name and value', [0x00, 0, 0], ['', '']],
    ['an empty Huffman text', [0x00, 1, 0x61, 0x80], ['a', '']],
    ['a Huffman padding of seven bits', [0x00, 0x83, 0x1a, 0x8a, 0x7f, 0], ['a  ', '']],
    ['octets that are no ASCII', [0x00, 1, 0x61, 2, 0xc3, 0x00], ['a', '\xc3\0']],
    [
      'an index of more octets than it needs',
      [...added, 0x0f, 0xaf, 0x00, 1, 0x63],
      ['a', 'b', 'a', 'c'],
    ],
    ['a name of the table', [...added, 0x0f, 0x2f, 1, 0x63], ['a', 'b', 'a', 'c']],
  ])('a valid block is decoded: %s', (_, octets, headers) => {
    expect(decode(...octets)).toEqual({ headers, overflow: false })
  })
})

test('every octet has its Huffman code', () => {
  const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  const encoded = Buffer.alloc(1024)
  const bytes = writeHuffman(text, encoded, 0)
  const length = [0xff, ((bytes - 127) & 0x7f) | 0x80, (bytes - 127) >> 7]
  expect(decode(0x00, 0, ...length, ...encoded.subarray(0, bytes)).headers).toEqual(['', text])
})

test('a Huffman text may be longer than the shared buffer', () => {
  const text = 'a'.repeat(20_000)
  const block = Buffer.alloc(20_000)
  block.set([0x00, 0, 0xff])
  const bytes = writeHuffman(text, block, 5)
  block.set([((bytes - 5 - 127) & 0x7f) | 0x80, (bytes - 5 - 127) >> 7], 3)
  const { headers } = new HpackDecoder().decode(block.subarray(0, bytes), limits)
  expect(headers).toEqual(['', text])
})

describe('a table that was made smaller', () => {
  function shrunk(...sizes: number[]): HpackDecoder {
    const decoder = new HpackDecoder()
    decoder.decode(Buffer.from(added), limits)
    for (const size of sizes) decoder.setTableBytesMax(size)
    return decoder
  }

  test('the block after a smaller table has to signal its size', () => {
    expect(() => shrunk(100).decode(Buffer.of(newest), limits)).toThrow('missing table size update')
    expect(() => shrunk(100).decode(Buffer.of(), limits)).toThrow('missing table size update')
    const { headers } = shrunk(100).decode(Buffer.of(0x3f, 100 - 31, newest), limits)
    expect(headers).toEqual(['a', 'b'])
  })

  test('the block after a smaller and a larger table has to signal the smallest size', () => {
    const whole = [0x3f, 0xe1, 0x1f]
    const decoder = shrunk(0, 4096)
    expect(() => decoder.decode(Buffer.from([...whole, newest]), limits)).toThrow(
      'missing table size update',
    )
    expect(shrunk(0, 4096).decode(Buffer.from([0x20, ...whole, 0x82]), limits).headers).toEqual([
      ':method',
      'GET',
    ])
  })

  test('entries beyond the size of the table are removed', () => {
    expect(() => shrunk(33).decode(Buffer.of(0x3f, 2, newest), limits)).toThrow('without an entry')
  })

  test('a repeated block has to signal a smaller table too', () => {
    const decoder = shrunk()
    decoder.decode(Buffer.of(newest), limits)
    decoder.setTableBytesMax(100)
    expect(() => decoder.decode(Buffer.of(newest), limits)).toThrow('missing table size update')
  })
})

describe('a repeated block', () => {
  test('a repeated block gives the same list, and costs no second one', () => {
    const decoder = new HpackDecoder()
    decoder.decode(Buffer.from(added), limits)
    const first = decoder.decode(Buffer.of(0x82, newest), limits)
    expect(first.headers).toEqual([':method', 'GET', 'a', 'b'])
    expect(decoder.decode(Buffer.of(0x82, newest), limits)).toBe(first)
  })

  test('a repeated block means something else after an addition', () => {
    const decoder = new HpackDecoder()
    decoder.decode(Buffer.from(added), limits)
    decoder.decode(Buffer.of(newest), limits)
    decoder.decode(Buffer.of(0x40, 1, 0x63, 1, 0x64), limits)
    expect(decoder.decode(Buffer.of(newest), limits).headers).toEqual(['c', 'd'])
  })

  test('a repeated block with an addition adds each time', () => {
    const decoder = new HpackDecoder()
    decoder.decode(Buffer.from(added), limits)
    decoder.decode(Buffer.from(added), limits)
    expect(decoder.decode(Buffer.of(newest, newest + 1), limits).headers).toHaveLength(4)
  })

  test('a repeated block is malformed when its first occurrence emptied the table', () => {
    const decoder = new HpackDecoder({ tableBytesMax: 40 })
    decoder.decode(Buffer.from(added), limits)
    const tooLarge = Buffer.from([newest, 0x40, 9, ...Buffer.from('123456789'), 0])
    expect(decoder.decode(tooLarge, limits).headers).toEqual(['a', 'b', '123456789', ''])
    expect(() => decoder.decode(tooLarge, limits)).toThrow('without an entry')
  })

  test('a repeated block is checked against the limits of its own call', () => {
    const decoder = new HpackDecoder()
    const block = Buffer.of(0x82, 0x84)
    expect(decoder.decode(block, limits).overflow).toBe(false)
    expect(decoder.decode(block, { ...limits, listCountMax: 1 }).overflow).toBe(true)
    expect(decoder.decode(block, limits).overflow).toBe(false)
    expect(decoder.decode(block, { ...limits, listBytesMax: 79 }).overflow).toBe(true)
  })

  test('a repeated block is compared by its own bytes, even if the given ones change', () => {
    const decoder = new HpackDecoder()
    const block = Buffer.of(0x82)
    decoder.decode(block, limits)
    block[0] = 0x83
    expect(decoder.decode(block, limits).headers).toEqual([':method', 'POST'])
  })
})

describe('a header list beyond the limits', () => {
  test('a list beyond the limits is decoded to its end, but not kept', () => {
    const decoder = new HpackDecoder()
    const block = Buffer.from([0x82, 0x84, ...added])
    const list = decoder.decode(block, { listBytesMax: 42 + 38, listCountMax: 100 })
    expect(list).toEqual({ headers: [':method', 'GET', ':path', '/'], overflow: true })
    expect(decoder.decode(Buffer.of(newest), limits).headers).toEqual(['a', 'b'])
  })

  test('a list may exceed the limits by one byte or by one header', () => {
    const block = Buffer.of(0x82, 0x84)
    const overflows = (listBytesMax: number, listCountMax: number) =>
      new HpackDecoder().decode(block, { listBytesMax, listCountMax }).overflow
    expect([overflows(80, 2), overflows(79, 2), overflows(80, 1)]).toEqual([false, true, true])
  })

  test('a list beyond the limits keeps nothing after the header that exceeded them', () => {
    const large = [0x00, 1, 0x61, 0x7f, 0xed, 0x06, ...new Array(1004).fill(0x62)]
    const block = Buffer.from([0x82, ...large, 0x84])
    const list = new HpackDecoder().decode(block, { listBytesMax: 500, listCountMax: 100 })
    expect(list).toEqual({ headers: [':method', 'GET'], overflow: true })
  })

  test('a list that names one entry thousands of times is not built', () => {
    const decoder = new HpackDecoder()
    const value = 4096 - 32 - 1
    const entry = [0x40, 1, 0x61, 0x7f, ((value - 127) & 0x7f) | 0x80, (value - 127) >> 7]
    decoder.decode(Buffer.from([...entry, ...new Array(value).fill(0x62)]), limits)
    const bomb = Buffer.alloc(16_384, newest)
    const { headers, overflow } = decoder.decode(bomb, limits)
    expect(overflow).toBe(true)
    expect(headers).toHaveLength(2 * 16)
  })
})
