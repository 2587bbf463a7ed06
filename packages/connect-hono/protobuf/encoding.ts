import { type DescField, ScalarType } from '@bufbuild/protobuf'
import type { ByteWriter } from './byte-writer.ts'

/** Encoding of the values of a type, without tags. */
export interface Encoding {
  readonly wireType: number
  /**
   * Throws `unsupportedValue` for a value that protobuf-es may convert or refuse.
   * @param inInitializer True for a value of an initializer.
   */
  write(writer: ByteWriter, value: unknown, inInitializer: boolean): void
  /** Returns whether the value is the default, which fields without presence do not write. */
  isZero(value: unknown): boolean
}

/** Wire types (https://protobuf.dev/programming-guides/encoding/#structure). */
export const wireType = { varint: 0, bit64: 1, lengthDelimited: 2, bit32: 5 } as const

/** Thrown for a value that this encoder does not support. `toBinary` encodes it then. */
export const unsupportedValue = new Error('unsupported value')

const uint32Max = 0xffff_ffff

const isZeroNumber = (value: unknown) => value === 0
/** -0 is not the default. */
const isZeroFloat = (value: unknown) => Object.is(value, 0)
const isZeroBigint = (value: unknown) => value === 0n
const isEmpty = (value: unknown) => value instanceof Uint8Array && value.length === 0

const { varint, bit64, lengthDelimited, bit32 } = wireType

/** Encodings by type. Types that nobody uses have none. */
const encodings = new Map<ScalarType, Encoding>([
  [ScalarType.INT32, { wireType: varint, write: writeInt32, isZero: isZeroNumber }],
  [ScalarType.UINT32, { wireType: varint, write: writeUint32, isZero: isZeroNumber }],
  [ScalarType.INT64, { wireType: varint, write: writeInt64, isZero: isZeroBigint }],
  [ScalarType.UINT64, { wireType: varint, write: writeUint64, isZero: isZeroBigint }],
  [ScalarType.BOOL, { wireType: varint, write: writeBool, isZero: (value) => value === false }],
  [
    ScalarType.STRING,
    { wireType: lengthDelimited, write: writeString, isZero: (value) => value === '' },
  ],
  [ScalarType.BYTES, { wireType: lengthDelimited, write: writeBytes, isZero: isEmpty }],
  [ScalarType.FLOAT, { wireType: bit32, write: writeFloat, isZero: isZeroFloat }],
  [ScalarType.DOUBLE, { wireType: bit64, write: writeDouble, isZero: isZeroFloat }],
])

/** Returns the encoding of a field's values or items. `undefined` for an unsupported type. */
export function encodingOf(field: DescField): Encoding | undefined {
  if (field.enum === undefined) return encodings.get(field.scalar as ScalarType)
  const zero = field.enum.values[0]?.number
  return { wireType: varint, write: writeInt32, isZero: (value) => value === zero }
}

function writeInt32(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'number' || (value | 0) !== value) throw unsupportedValue
  writer.int32(value)
}

function writeUint32(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'number' || value >>> 0 !== value) throw unsupportedValue
  writer.varint32(value)
}

function writeInt64(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw unsupportedValue
  writer.varint64(value)
}

function writeUint64(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) throw unsupportedValue
  writer.varint64(value)
}

function writeBool(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'boolean') throw unsupportedValue
  writer.varint32(value ? 1 : 0)
}

function writeString(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'string') throw unsupportedValue
  writer.string(value)
}

function writeBytes(writer: ByteWriter, value: unknown): void {
  if (!(value instanceof Uint8Array) || value.length > uint32Max) throw unsupportedValue
  writer.varint32(value.length)
  writer.raw(value)
}

function writeFloat(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'number') throw unsupportedValue
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw unsupportedValue
  writer.float(value)
}

function writeDouble(writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'number') throw unsupportedValue
  writer.double(value)
}
