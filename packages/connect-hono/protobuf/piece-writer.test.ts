import { expect, test } from 'bun:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { EchoResponseSchema } from '../../../gen/bench/v1/bench_pb.ts'
import { encodeEnvelope, writeEnvelope } from '../wire/envelope.ts'
import { createCodec } from './codec.ts'
import { PieceWriter } from './piece-writer.ts'

const codec = createCodec(EchoResponseSchema, 'proto', {})

test.each([0, 1, 100, 16 * 1024, 16 * 1024 + 1, 1_000_000])(
  'an envelope with %d bytes is the same in pieces as in one',
  (length) => {
    const message = create(EchoResponseSchema, { payload: bytes(length) })
    const pieces = writeEnvelope(codec, message)
    const whole = encodeEnvelope(0, toBinary(EchoResponseSchema, message))
    expect(Buffer.concat(pieces).equals(whole)).toBe(true)
  },
)

test('long bytes are a piece of their own, not copied, and short ones are not', () => {
  const payload = bytes(1_000_000)
  expect(writeEnvelope(codec, create(EchoResponseSchema, { payload }))[1]).toBe(payload)
  expect(writeEnvelope(codec, create(EchoResponseSchema, { payload: bytes(1_000) }))).toHaveLength(
    1,
  )
})

test('unknown fields follow the bytes', () => {
  const unknown = { no: 9, wireType: 0, data: new Uint8Array([7]) }
  const message = create(EchoResponseSchema, { payload: bytes(20_000) })
  message.$unknown = [unknown]
  const whole = encodeEnvelope(0, toBinary(EchoResponseSchema, message))
  expect(Buffer.concat(writeEnvelope(codec, message)).equals(whole)).toBe(true)
})

test('rewinding keeps everything before the position, also in pieces', () => {
  const writer = new PieceWriter()
  writer.string('kept')
  const { length } = writer
  writer.raw(bytes(20_000))
  writer.string('not kept')
  writer.rewind(length)
  writer.string('after')
  expect(Buffer.concat(writer.takePieces()).toString()).toBe('\u0004kept\u0005after')
})

test('long bytes within a length-prefixed value are copied', () => {
  const writer = new PieceWriter()
  const start = writer.begin()
  writer.raw(bytes(20_000))
  writer.end(start)
  const pieces = writer.takePieces()
  expect(pieces).toHaveLength(1)
  expect(pieces[0]?.length).toBe(20_003)
})

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 7)
}
