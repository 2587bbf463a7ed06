import { type DescField, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence, isWrapperDesc } from '@bufbuild/protobuf/wkt'
import type { ByteWriter } from './byte-writer.ts'
import { type Encoding, encodingOf, unsupportedValue, wireType } from './encoding.ts'

/** Appends a message in binary form. */
export type Encode = (writer: ByteWriter, message: Message) => void

/** A message, by the local names of its fields. */
type Local = Readonly<Record<string, unknown>>
type WriteField = (writer: ByteWriter, message: Local) => void
type WriteValue = (writer: ByteWriter, value: unknown) => void

const encoders = new WeakMap<DescMessage, Encode>()

/**
 * Returns an encoder with the result of `toBinary`, without the buffer that protobuf-es allocates
 * for each message. Values and types that it does not support are left to `toBinary`.
 */
export function encoderOf(desc: DescMessage): Encode {
  let encode = encoders.get(desc)
  if (encode === undefined) {
    encode = createEncoder(desc)
    encoders.set(desc, encode)
  }
  return encode
}

function createEncoder(desc: DescMessage): Encode {
  const writeMessage = messageWriterOf(desc)
  return (writer, message) => {
    const start = writer.length
    try {
      writeMessage(writer, message)
    } catch {
      // `toBinary` supports more, and says what is wrong.
      writer.rewind(start)
      writer.raw(toBinary(desc, message))
    }
  }
}

const messageWriters = new WeakMap<DescMessage, WriteValue>()

/** Returns a writer that throws `unsupportedValue` for an unsupported value. */
function messageWriterOf(desc: DescMessage): WriteValue {
  let write = messageWriters.get(desc)
  if (write === undefined) {
    write = compileMessage(desc)
    messageWriters.set(desc, write)
  }
  return write
}

function compileMessage(desc: DescMessage): WriteValue {
  const fields: WriteField[] = []
  for (const field of desc.fields.toSorted((a, b) => a.number - b.number)) {
    const write = compileField(field)
    if (write === undefined) {
      return (writer, message) => writer.raw(toBinary(desc, message as Message))
    }
    fields.push(write)
  }
  const { typeName } = desc
  return (writer, value) => {
    const message = value as Message
    if (message.$typeName !== typeName || message.$unknown !== undefined) throw unsupportedValue
    for (let index = 0; index < fields.length; index++) {
      ;(fields[index] as WriteField)(writer, message as unknown as Local)
    }
  }
}

function compileField(field: DescField): WriteField | undefined {
  if (field.fieldKind === 'map') return undefined
  const value = compileValue(field)
  if (value === undefined) return undefined
  if (field.fieldKind === 'list') return compileList(field, value)
  const { localName, oneof, presence } = field
  const write = tagged(field.number, value)
  if (oneof !== undefined) {
    const oneofName = oneof.localName
    return (writer, message) => {
      const chosen = message[oneofName] as { readonly case?: string; readonly value?: unknown }
      if (chosen.case === localName) write(writer, chosen.value)
    }
  }
  if (presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return undefined
  if (presence !== FeatureSet_FieldPresence.IMPLICIT) {
    return (writer, message) => {
      const own = message[localName]
      if (own !== undefined && Object.hasOwn(message, localName)) write(writer, own)
    }
  }
  const { isZero } = value
  return (writer, message) => {
    const own = message[localName]
    if (!isZero(own)) write(writer, own)
  }
}

function compileList(field: DescField & { fieldKind: 'list' }, value: Encoding): WriteField {
  const { localName, number } = field
  if (!field.packed) {
    const write = tagged(number, value)
    return (writer, message) => {
      for (const item of listOf(message[localName])) write(writer, item)
    }
  }
  const tag = toTag(number, wireType.lengthDelimited)
  return (writer, message) => {
    const items = listOf(message[localName])
    if (items.length === 0) return
    writer.varint32(tag)
    const start = writer.begin()
    for (const item of items) value.write(writer, item)
    writer.end(start)
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unsupportedValue
  return value
}

function tagged(number: number, { wireType, write }: Encoding): WriteValue {
  const tag = toTag(number, wireType)
  return (writer, value) => {
    writer.varint32(tag)
    write(writer, value)
  }
}

function toTag(number: number, wireType: number): number {
  return ((number << 3) | wireType) >>> 0
}

function compileValue(field: DescField): Encoding | undefined {
  if (field.message === undefined) return encodingOf(field)
  const { message } = field
  // Groups, and messages with another form in memory.
  const isOther = isWrapperDesc(message) || message.typeName === 'google.protobuf.Struct'
  if (isOther || (field as { delimitedEncoding?: boolean }).delimitedEncoding) return undefined
  let writeMessage: WriteValue | undefined
  return {
    wireType: wireType.lengthDelimited,
    write(writer, value) {
      // Not earlier: a message may contain its own type.
      writeMessage ??= messageWriterOf(message)
      const start = writer.begin()
      writeMessage(writer, value)
      writer.end(start)
    },
    isZero: () => false,
  }
}
