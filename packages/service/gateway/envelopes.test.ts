import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeEnvelope } from '../../connect-hono/wire/envelope.ts'
import { Envelopes } from './envelopes.ts'

test('the end of a message is recognized however a stream is cut into chunks', () => {
  const message = fc.uint8Array({ maxLength: 300 })
  const cuts = fc.array(fc.nat(), { maxLength: 20 })
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), cuts, (messages, places) => {
      const pieces = messages.map((bytes) => encodeEnvelope(0, bytes))
      const stream = Buffer.concat(pieces)
      const ends = new Set([0])
      let length = 0
      for (const piece of pieces) {
        length += piece.length
        ends.add(length)
      }
      const envelopes = new Envelopes()
      const positions = places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b)
      let from = 0
      for (const position of positions) {
        envelopes.pass(stream.subarray(from, position))
        expect(envelopes.isBetween).toBe(ends.has(position))
        from = position
      }
    }),
  )
})

test.each([
  ['Connect', 2],
  ['gRPC-Web', 128],
])('the envelope that ends a response of %s is recognized', (_, flags) => {
  const envelopes = new Envelopes()
  envelopes.pass(encodeEnvelope(1, Buffer.from('message')))
  expect(envelopes.isComplete).toBe(false)
  const last = encodeEnvelope(flags, Buffer.from('{}'))
  envelopes.pass(last.subarray(0, -1))
  expect(envelopes.isComplete).toBe(false)
  envelopes.pass(last.subarray(-1))
  expect(envelopes.isComplete).toBe(true)
})

test('the envelopes of a stream in base64 are recognized in its pieces', () => {
  const envelopes = new Envelopes(true)
  const text = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString('base64'))
  envelopes.pass(text(encodeEnvelope(0, Buffer.from('message'))))
  expect([envelopes.isBetween, envelopes.isComplete]).toEqual([true, false])
  const last = text(encodeEnvelope(128, Buffer.from('{}')))
  const states = [...last].map((character) => {
    envelopes.pass(Buffer.from([character]))
    return envelopes.isBetween
  })
  expect(states).toEqual([...last].map((_, index) => index === last.length - 1))
  expect(envelopes.isComplete).toBe(true)
})

test('the length of a message of four gigabytes is read correctly', () => {
  const envelopes = new Envelopes()
  envelopes.pass(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))
  envelopes.pass(new Uint8Array(1024))
  expect(envelopes.isBetween).toBe(false)
})
