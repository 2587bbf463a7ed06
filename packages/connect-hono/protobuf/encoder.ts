import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  toBinary,
} from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence, isWrapperDesc } from '@bufbuild/protobuf/wkt'
import type { ByteWriter } from './byte-writer.ts'
import { type Encoding, encodingOf, unsupportedValue, wireType } from './encoding.ts'

/** Appends a message in binary form, or an initializer as the message that `create` makes of it. */
export type Encode = (writer: ByteWriter, message: Message | Initializer) => void

/** Fields of a message by their local names, without its type, for `create`. */
export type Initializer = Readonly<Record<string, unknown>> & { readonly $typeName?: undefined }

/** A message or an initializer, by the local names of its fields. */
type Local = Readonly<Record<string, unknown>>
/** @param inInitializer True when the message is an initializer. */
type WriteField = (writer: ByteWriter, message: Local, inInitializer: boolean) => void
/** @param inInitializer True for a value of an initializer, which may be one itself. */
type WriteValue = (writer: ByteWriter, value: unknown, inInitializer: boolean) => void

const encoders = new WeakMap<DescMessage, Encode>()

/** Returns whether the value is a message, of any type. */
export function isTyped(value: unknown): value is Message {
  return (value as Local | null | undefined)?.$typeName !== undefined
}

/** Returns whether the value is an initializer, and not a message. */
function isInitializer(value: unknown): value is Initializer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !isTyped(value)
}

/**
 * Returns an encoder with the result of `toBinary`, without the buffer that protobuf-es allocates
 * for each message, and without the message that `create` makes of an initializer. Values and types
 * that it does not support are left to `toBinary`.
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
      writeMessage(writer, message, true)
    } catch {
      // `toBinary` supports more, and says what is wrong.
      writer.rewind(start)
      writer.raw(toBinary(desc, isTyped(message) ? message : create(desc, message)))
    }
  }
}

function toBinaryOf(desc: DescMessage, value: unknown, inInitializer: boolean): Uint8Array {
  const isCreated = inInitializer && isInitializer(value)
  return toBinary(desc, isCreated ? create(desc, value) : (value as Message))
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
      return (writer, value, inInitializer) => writer.raw(toBinaryOf(desc, value, inInitializer))
    }
    fields.push(write)
  }
  const { typeName } = desc
  return (writer, value, inInitializer) => {
    const message = value as Local
    const isMessage = message.$typeName === typeName && message.$unknown === undefined
    if (!isMessage && !(inInitializer && isInitializer(value))) throw unsupportedValue
    for (let index = 0; index < fields.length; index++) {
      ;(fields[index] as WriteField)(writer, message, !isMessage)
    }
  }
}

/** Returns whether `create` leaves out the value of an initializer. */
function isUnset(value: unknown): boolean {
  return value === undefined || value === null
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
    return (writer, message, inInitializer) => {
      const chosen = message[oneofName] as { readonly case?: string; readonly value?: unknown }
      if (inInitializer && isUnset(chosen)) return
      if (chosen.case === localName) write(writer, chosen.value, inInitializer)
    }
  }
  if (presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return undefined
  if (presence !== FeatureSet_FieldPresence.IMPLICIT) {
    return (writer, message, inInitializer) => {
      const own = message[localName]
      if (inInitializer ? isUnset(own) : own === undefined || !Object.hasOwn(message, localName))
        return
      write(writer, own, inInitializer)
    }
  }
  const { isZero } = value
  return (writer, message, inInitializer) => {
    const own = message[localName]
    if (isZero(own) || (inInitializer && isUnset(own))) return
    write(writer, own, inInitializer)
  }
}

function compileList(field: DescField & { fieldKind: 'list' }, value: Encoding): WriteField {
  const { localName, number } = field
  if (!field.packed) {
    const write = tagged(number, value)
    return (writer, message, inInitializer) => {
      for (const item of listOf(message[localName], inInitializer)) {
        write(writer, item, inInitializer)
      }
    }
  }
  const tag = toTag(number, wireType.lengthDelimited)
  return (writer, message, inInitializer) => {
    const items = listOf(message[localName], inInitializer)
    if (items.length === 0) return
    writer.varint32(tag)
    const start = writer.begin()
    for (const item of items) value.write(writer, item, inInitializer)
    writer.end(start)
  }
}

function listOf(value: unknown, inInitializer: boolean): readonly unknown[] {
  if (inInitializer && isUnset(value)) return []
  if (!Array.isArray(value)) throw unsupportedValue
  return value
}

function tagged(number: number, { wireType, write }: Encoding): WriteValue {
  const tag = toTag(number, wireType)
  return (writer, value, inInitializer) => {
    writer.varint32(tag)
    write(writer, value, inInitializer)
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
    write(writer, value, inInitializer) {
      // Not earlier: a message may contain its own type.
      writeMessage ??= messageWriterOf(message)
      const start = writer.begin()
      writeMessage(writer, value, inInitializer)
      writer.end(start)
    },
    isZero: () => false,
  }
}
