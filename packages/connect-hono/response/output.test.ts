import { expect, test } from 'bun:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { HealthCheckResponseSchema } from '../gen/grpc/health/v1/health_pb.ts'
import { createCodec } from '../protobuf/codec.ts'
import { Output } from './output.ts'

const desc = HealthCheckResponseSchema
const output = new Output(desc, createCodec(desc, 'proto', {}), undefined)

/** The bytes, or the words of what is thrown. */
async function outcome(encode: () => unknown): Promise<string> {
  try {
    return Buffer.from((await encode()) as Uint8Array).toString('hex')
  } catch (error) {
    return String(error)
  }
}

test.each([
  ['a message', create(desc, { status: 1 })],
  ['an initializer', { status: 1 }],
  ['an empty initializer', {}],
  ['a message of another type', { $typeName: 'test.Other', status: 1 }],
  ['undefined', undefined],
  ['null', null],
  ['a list', [1]],
  ['a text', 'x'],
  ['a number', 7],
  ['an initializer with a wrong value', { status: 'x' }],
])('what a handler returns becomes what create makes of it: %s', async (_, value) => {
  const expected = await outcome(() => toBinary(desc, create(desc, value as object)))
  expect(await outcome(async () => (await output.encode(value)).bytes)).toBe(expected)
})
