import { createRequire } from 'node:module'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { RecordHeader } from '../port.ts'

/** A header as kafkajs reads and writes it, before it makes an object of all of them. */
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

/** Stands for no value: kafkajs measures each value before it writes it, and fails for `null`. */
const absentValue = Buffer.alloc(0)
const noHeaders: readonly RecordHeader[] = Object.freeze([])
const require = createRequire(import.meta.url)
let isPatched = false

/**
 * Has kafkajs leave the headers of a record a list, as they are on the wire, and write headers without a value. It would
 * make an object of the list by `reduce`, in which names that look like numbers move to the front, and those that come
 * several times move together. The version of kafkajs is fixed, and the contract suite would notice another.
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
    return read === readHeader ? Object.assign(list, { reduce: () => list }) : list
  }
  const { writeVarIntBytes } = encoder.prototype
  // An empty value and none are of one size.
  encoder.prototype.writeVarIntBytes = function (this: EncoderPrototype, value) {
    return writeVarIntBytes.call(this, value === absentValue ? null : value)
  }
}

/** The headers of a message that kafkajs has read since `keepHeaders`. */
export function fromKafkaHeaders(headers: KafkaMessage['headers']): readonly RecordHeader[] {
  const list = (headers ?? []) as unknown as readonly KafkaHeader[]
  if (list.length === 0) return noHeaders
  return list.map(({ key: name, value }) => ({ name, value }))
}

/**
 * The headers as kafkajs takes them: an object by name, in which the order of different names is lost. It calls `map` of
 * an array for the headers of that name, and this one has all of them.
 */
export function toKafkaHeaders(headers: readonly RecordHeader[]): IHeaders {
  const list = headers.map(({ name: key, value }) => ({
    key,
    value: toBuffer(value) ?? absentValue,
  }))
  return { all: Object.assign([], { map: () => list }) }
}

/** The same bytes; kafkajs takes what is not a Buffer for text. */
export function toBuffer(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null) return null
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
