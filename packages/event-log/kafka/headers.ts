import type { IHeaders, KafkaMessage } from 'kafkajs'
import Decoder, { type DecoderPrototype } from 'kafkajs/src/protocol/decoder.js'
import Encoder, { type EncoderPrototype } from 'kafkajs/src/protocol/encoder.js'
import readHeader from 'kafkajs/src/protocol/recordBatch/header/v0/decoder.js'
import type { RecordHeader } from '../port.ts'

/** A header as kafkajs reads and writes it, before it makes an object of all headers. */
interface KafkaHeader {
  readonly key: string
  readonly value: Buffer | null
}

/**
 * Stands for an absent value: kafkajs measures each value before it writes it, and fails for
 * `null`.
 */
const absentValue = Buffer.alloc(0)
const noHeaders: readonly RecordHeader[] = Object.freeze([])
/** The list of a record without headers. All of them share it. */
const noKafkaHeaders: unknown[] = Object.assign([], { reduce: () => noKafkaHeaders })
let isPatched = false

/**
 * Patches kafkajs to keep the headers of a record in a list, as on the wire, and to write headers
 * without a value. kafkajs makes an object of the list by `reduce`. In that object, names that look
 * like numbers come first, and headers of the same name are grouped. The version of kafkajs is
 * pinned, and the contract suite fails if another version differs.
 */
export function keepHeaders(): void {
  if (isPatched) return
  isPatched = true
  const { readVarIntArray } = Decoder.prototype
  Decoder.prototype.readVarIntArray = function (this: DecoderPrototype, read) {
    const list = readVarIntArray.call(this, read)
    if (read !== readHeader) return list
    return list.length === 0 ? noKafkaHeaders : Object.assign(list, { reduce: () => list })
  }
  const { writeVarIntBytes } = Encoder.prototype
  // An empty value and an absent one have the same size.
  Encoder.prototype.writeVarIntBytes = function (this: EncoderPrototype, value) {
    return writeVarIntBytes.call(this, value === absentValue ? null : value)
  }
}

/** Returns the headers of a message that kafkajs read after `keepHeaders`. */
export function fromKafkaHeaders(headers: KafkaMessage['headers']): readonly RecordHeader[] {
  const list = (headers ?? []) as unknown as readonly KafkaHeader[]
  if (list.length === 0) return noHeaders
  return list.map(({ key: name, value }) => ({ name, value }))
}

/**
 * Converts headers for kafkajs, which takes an object by name and so loses the order of different
 * names. For an array of values it calls `map`, and this array returns all headers.
 */
export function toKafkaHeaders(headers: readonly RecordHeader[]): IHeaders {
  const list = headers.map(({ name: key, value }) => ({
    key,
    value: toBuffer(value) ?? absentValue,
  }))
  return { all: Object.assign([], { map: () => list }) }
}

/** Returns the same bytes as a `Buffer`: kafkajs treats anything else as text. */
export function toBuffer(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
