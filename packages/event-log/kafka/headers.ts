import { createRequire } from 'node:module'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { RecordHeader } from '../port.ts'

/** A header as kafkajs reads and writes it, before it makes an object of all headers. */
interface KafkaHeader {
  readonly key: string
  readonly value: Buffer | null
}

interface DecoderPrototype {
  readVarIntArray(read: unknown): unknown[]
}

interface EncoderPrototype {
  writeVarIntBytes(value: unknown): unknown
}

/**
 * Stands for an absent value: kafkajs measures each value before it writes it, and fails for
 * `null`.
 */
const absentValue = Buffer.alloc(0)
const noHeaders: readonly RecordHeader[] = Object.freeze([])
/** The list of a record without headers. All of them share it. */
const noKafkaHeaders: unknown[] = Object.assign([], { reduce: () => noKafkaHeaders })
const require = createRequire(import.meta.url)
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
  const decoder = require('kafkajs/src/protocol/decoder.js') as { prototype: DecoderPrototype }
  const encoder = require('kafkajs/src/protocol/encoder.js') as { prototype: EncoderPrototype }
  const readHeader = require('kafkajs/src/protocol/recordBatch/header/v0/decoder.js') as unknown
  const { readVarIntArray } = decoder.prototype
  decoder.prototype.readVarIntArray = function (this: DecoderPrototype, read) {
    const list = readVarIntArray.call(this, read)
    if (read !== readHeader) return list
    return list.length === 0 ? noKafkaHeaders : Object.assign(list, { reduce: () => list })
  }
  const { writeVarIntBytes } = encoder.prototype
  // An empty value and an absent one have the same size.
  encoder.prototype.writeVarIntBytes = function (this: EncoderPrototype, value) {
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
