import { describe, expect, test } from 'bun:test'
import { Code, type ConnectError } from '@connectrpc/connect'
import { fakeExchange } from '@marquee/testing/fake-exchange'
import fc from 'fast-check'
import { Base64Body, Base64Decoder, encodeBase64, encodeBody } from './base64.ts'

const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
const places = fc.array(fc.nat(), { maxLength: 30 })

/** Cuts bytes at random places. */
function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

test('padded pieces are decoded however they are cut into chunks', () => {
  fc.assert(
    fc.property(pieces, places, (messages, at) => {
      const text = Buffer.concat(messages.map((bytes) => Buffer.from(toBase64(bytes))))
      const decoder = new Base64Decoder()
      const decoded = cut(text, at).map((chunk) => decoder.decode(chunk))
      expect(Buffer.concat(decoded).equals(Buffer.concat(messages))).toBe(true)
      expect(decoder.isBetween).toBe(true)
    }),
  )
})

test('the bytes of each group are decoded when its last character arrives', () => {
  const decoder = new Base64Decoder()
  const lengths = [...'QUJDRA=='].map((character) => decoder.decode(Buffer.from(character)).length)
  expect(lengths).toEqual([0, 0, 0, 3, 0, 0, 0, 1])
})

test('text is decoded exactly when it is groups of the alphabet and padding', () => {
  const character = fc.constantFrom(...'AZaz09+/==-_ \n\0\xff')
  const text = fc.array(character, { maxLength: 12 }).map((all) => all.join(''))
  fc.assert(
    fc.property(text, places, (given, at) => {
      const decoder = new Base64Decoder()
      const groups = /^(?:[\w+/]{4}|[\w+/]{3}=|[\w+/]{2}==)*$/
      const isBase64 = groups.test(given) && !given.includes('_')
      const chunks = cut(Buffer.from(given, 'latin1'), at)
      expect(
        failureOf(() => chunks.map((chunk) => decoder.decode(chunk))) !== undefined ||
          !decoder.isBetween,
      ).toBe(!isBase64)
    }),
    { numRuns: 2_000 },
  )
})

test('the error names the place in the body', () => {
  const decoder = new Base64Decoder()
  decoder.decode(Buffer.from('QUJDR'))
  expect(failureOf(() => decoder.decode(Buffer.from('A=A')))).toMatchObject({
    code: Code.InvalidArgument,
    rawMessage: 'the body is not base64 at byte 7: send base64 with padding',
  })
})

describe('a body', () => {
  test('ends with its last group', async () => {
    const body = new Base64Body(bodyOf(['QU', 'I=', 'QQ==']))
    expect(await takeAll(body)).toBe('ABA')
  })

  test.each(['Q', 'QUJDRA', 'QUJDRA='])('that ends within a group is refused: %s', async (text) => {
    const thrown = await takeAll(new Base64Body(bodyOf([text]))).catch((error) => error)
    expect(thrown).toMatchObject({ code: Code.InvalidArgument })
    expect(thrown.rawMessage).toContain('ends within a group of four')
  })
})

test('bytes of every length are encoded as one text with padding', () => {
  const slice = 48 * 1024
  for (const length of [0, 1, 2, 3, 100, slice - 1, slice, slice + 1, 3 * slice + 2]) {
    const bytes = Uint8Array.from({ length }, (_, at) => at * 7)
    expect(Buffer.from(encodeBase64(bytes)).toString()).toBe(toBase64(bytes))
  }
})

test('a part of a larger buffer is encoded alone', () => {
  const bytes = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4)
  expect(Buffer.from(encodeBase64(bytes)).toString()).toBe('AgME')
})

test('the pieces of a whole response make one text', () => {
  const body = encodeBody([new Uint8Array([1]), new Uint8Array([2, 3])])
  expect(Buffer.from(body as Uint8Array).toString()).toBe('AQID')
})

test('each chunk of a stream is a padded piece', async () => {
  async function* chunks() {
    yield new Uint8Array([1])
    yield new Uint8Array([2, 3])
  }
  const body = encodeBody(chunks()) as AsyncIterable<Uint8Array>
  const sent = await Array.fromAsync(body, (chunk) => Buffer.from(chunk).toString())
  expect(sent).toEqual(['AQ==', 'AgM='])
})

test('a stream whose client leaves is left, although its next chunk has not come', async () => {
  let hasReturned = false
  const waiting: AsyncIterableIterator<Uint8Array, undefined> = {
    next: () => new Promise(() => {}),
    return() {
      hasReturned = true
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]: () => waiting,
  }
  const body = encodeBody(waiting) as AsyncIterable<Uint8Array>
  const iterator = body[Symbol.asyncIterator]()
  void iterator.next()
  await iterator.return?.()
  expect(hasReturned).toBe(true)
})

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function failureOf(run: () => unknown): ConnectError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return error as ConnectError
  }
}

function bodyOf(texts: readonly string[]) {
  return fakeExchange({ target: '/', body: texts.map((text) => Buffer.from(text)) }).body
}

async function takeAll(body: Base64Body): Promise<string> {
  let text = ''
  for (;;) {
    for (let bytes = body.take(); bytes !== undefined; bytes = body.take()) {
      text += Buffer.from(bytes).toString()
    }
    if (body.ended) return text
    await body.ready()
  }
}
