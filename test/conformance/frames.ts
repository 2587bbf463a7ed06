import type { Readable } from 'node:stream'
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'

/** Reads the messages of the suite, each after its length in four bytes. */
export async function* readFrames<Desc extends DescMessage>(
  schema: Desc,
  input: Readable,
): AsyncGenerator<MessageShape<Desc>> {
  let rest = Buffer.alloc(0)
  for await (const chunk of input) {
    rest = Buffer.concat([rest, chunk as Buffer])
    for (;;) {
      const end = rest.length < 4 ? Number.POSITIVE_INFINITY : 4 + rest.readUInt32BE(0)
      if (rest.length < end) break
      yield fromBinary(schema, rest.subarray(4, end))
      rest = rest.subarray(end)
    }
  }
  if (rest.length > 0) throw new Error('a message of the suite is cut short')
}

/** Returns a message with its length in front. */
export function toFrame<Desc extends DescMessage>(
  schema: Desc,
  message: MessageInitShape<Desc>,
): Buffer {
  const data = toBinary(schema, create(schema, message))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(data.length)
  return Buffer.concat([head, data])
}
