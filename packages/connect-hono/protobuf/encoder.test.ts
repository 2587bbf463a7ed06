import { expect, test } from 'bun:test'
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import {
  type FieldDescriptorProto,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_struct,
  file_google_protobuf_wrappers,
  FieldDescriptorProto_Label as Label,
  StringValueSchema,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import fc, { type Arbitrary } from 'fast-check'
import { MetadataSchema } from '../../../gen/metadata/v1/metadata_pb.ts'
import { ByteWriter } from './byte-writer.ts'
import { encoderOf, type Initializer } from './encoder.ts'

type FieldInit = Partial<Pick<FieldDescriptorProto, 'label' | 'typeName' | 'proto3Optional'>> & {
  readonly oneofIndex?: number
  readonly isPacked?: boolean
}

const { INT32, UINT32, INT64, UINT64, BOOL, STRING, BYTES, FLOAT, DOUBLE, ENUM, MESSAGE } = Type
/** Those that are encoded here, and those that are left to protobuf-es. */
const known = [INT32, UINT32, INT64, UINT64, BOOL, STRING, BYTES, FLOAT, DOUBLE]
const others = [Type.SINT32, Type.FIXED64, Type.SFIXED32, Type.SINT64]
const packable = known.filter((type) => type !== STRING && type !== BYTES)

/** A file with messages of all kinds of fields. */
function createFile() {
  let number = 0
  let optionalCount = 0
  const field = (type: Type, { isPacked, ...init }: FieldInit = {}) => {
    // Numbers whose tags take one byte, and two.
    number += 3
    const options = isPacked === undefined ? {} : { options: { packed: isPacked } }
    return { name: `f${number}`, number, type, label: Label.OPTIONAL, ...init, ...options }
  }
  const optional = (type: Type) =>
    field(type, { proto3Optional: true, oneofIndex: 1 + optionalCount++ })
  const repeated = (type: Type, init: FieldInit = {}) =>
    field(type, { label: Label.REPEATED, ...init })
  const all = [
    ...known.map((type) => field(type)),
    ...known.map((type) => field(type, { oneofIndex: 0 })),
    ...known.map(optional),
    ...known.map((type) => repeated(type)),
    ...packable.map((type) => repeated(type, { isPacked: false })),
    field(ENUM, { typeName: '.test.Color' }),
    repeated(ENUM, { typeName: '.test.Color' }),
    field(MESSAGE, { typeName: '.test.All' }),
    repeated(MESSAGE, { typeName: '.test.All' }),
    field(MESSAGE, { typeName: '.test.Others', oneofIndex: 0 }),
    repeated(MESSAGE, { typeName: '.test.Others' }),
    field(MESSAGE, { typeName: '.test.Strange' }),
  ]
  const decls = ['one', ...Array.from({ length: optionalCount }, (_, index) => `_${index}`)]
  return create(FileDescriptorProtoSchema, {
    name: 'test.proto',
    package: 'test',
    syntax: 'proto3',
    dependency: ['google/protobuf/wrappers.proto', 'google/protobuf/struct.proto'],
    enumType: [
      { name: 'Color', value: ['RED', 'GREEN', 'BLUE'].map((name, at) => ({ name, number: at })) },
    ],
    messageType: [
      { name: 'All', field: all, oneofDecl: decls.map((name) => ({ name })) },
      { name: 'Others', field: others.map((type) => field(type)) },
      {
        name: 'Strange',
        field: [
          field(MESSAGE, { typeName: '.google.protobuf.StringValue' }),
          field(MESSAGE, { typeName: '.google.protobuf.Struct' }),
          repeated(MESSAGE, { typeName: '.test.Strange.Entry' }),
        ],
        nestedType: [
          {
            name: 'Entry',
            options: { mapEntry: true },
            field: [
              { name: 'key', number: 1, type: STRING, label: Label.OPTIONAL },
              { name: 'value', number: 2, type: INT32, label: Label.OPTIONAL },
            ],
          },
        ],
      },
    ],
  })
}

const dependencies = [file_google_protobuf_wrappers, file_google_protobuf_struct]
const registry = createFileRegistry(createFile(), (name) =>
  dependencies.find(({ proto }) => proto.name === name),
)
const all = registry.getMessage('test.All') as DescMessage
const strange = registry.getMessage('test.Strange') as DescMessage

const texts = fc.oneof(
  fc.string({ maxLength: 100, unit: 'binary' }),
  fc.string({ maxLength: 90, unit: 'grapheme-ascii' }),
  fc.integer({ min: 0, max: 1_500 }).map((length) => 'a'.repeat(length)),
  fc.integer({ min: 0, max: 1_500 }).map((length) => 'é€😀'.repeat(length)),
  fc.constantFrom('\ud800', 'a\udfff', '\0', '\ufeffa'),
)

const int32s = fc.oneof(fc.integer(), fc.constantFrom(0, -0, 1, -1, 127, 128, 16_383, 16_384))
const byType: Partial<Record<ScalarType, Arbitrary<unknown>>> = {
  [ScalarType.INT32]: int32s,
  [ScalarType.SINT32]: int32s,
  [ScalarType.SFIXED32]: int32s,
  [ScalarType.UINT32]: fc.integer({ min: 0, max: 0xffff_ffff }),
  [ScalarType.INT64]: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), small()),
  [ScalarType.SINT64]: small(),
  [ScalarType.UINT64]: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), small()),
  [ScalarType.FIXED64]: small(),
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.STRING]: texts,
  [ScalarType.BYTES]: fc.uint8Array({ maxLength: 300 }),
  [ScalarType.FLOAT]: fc.float(),
  [ScalarType.DOUBLE]: fc.double(),
}

/**
 * Values of another type, or is one in another form: at times protobuf-es takes it, at times it
 * refuses it.
 */
const oddities: readonly unknown[] = [
  ...[undefined, null, '', '7', 'x', 'NaN', -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, -1],
  ...[2 ** 31, 2 ** 32, 1e300, 5n, -1n, 2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n, true, {}, [], [1]],
  ...[new Uint8Array(2), new Uint16Array(2), new Date(0), { $typeName: 'test.Other' }],
]

function small(): Arbitrary<bigint> {
  return fc.bigInt({ min: 0n, max: 20_000n })
}

function valuesOf(field: DescField, depth: number): Arbitrary<unknown> {
  if (field.fieldKind === 'map') return fc.dictionary(fc.string(), int32s, { maxKeys: 3 })
  const one = oneOf(field, depth)
  return field.fieldKind === 'list' ? fc.array(one, { maxLength: 4 }) : one
}

function oneOf(field: DescField, depth: number): Arbitrary<unknown> {
  if (field.enum !== undefined) return fc.integer({ min: 0, max: 5 })
  if (field.message === undefined) return byType[field.scalar as ScalarType] as Arbitrary<unknown>
  if (field.message.typeName === StringValueSchema.typeName) return texts
  if (field.message.typeName === 'google.protobuf.Struct') return fc.constant({ a: [1, 'b'] })
  return fc.oneof(messagesOf(field.message, depth - 1), initializersOf(field.message, depth - 1))
}

/** Initializers, whose values are messages, initializers, or what `create` leaves out. */
function initializersOf(desc: DescMessage, depth = 3): Arbitrary<Initializer> {
  return settingsOf(desc, depth).map((chosen) => Object.assign({}, ...chosen) as Initializer)
}

function messagesOf(desc: DescMessage, depth = 3): Arbitrary<Message> {
  return settingsOf(desc, depth).map((chosen) => Object.assign(create(desc), ...chosen) as Message)
}

function settingsOf(desc: DescMessage, depth: number): Arbitrary<object[]> {
  const fields = desc.fields.filter(({ message }) => depth > 0 || message === undefined)
  return fc
    .uniqueArray(fc.constantFrom(...fields), { maxLength: 6 })
    .chain((chosen) => fc.tuple(...chosen.map((field) => settings(field, depth))))
}

function settings(field: DescField, depth: number): Arbitrary<object> {
  return valuesOf(field, depth).map((value) => setting(field, value))
}

/** Values assigned to a message to set the field. */
function setting({ localName, oneof }: DescField, value: unknown): object {
  return oneof === undefined
    ? { [localName]: value }
    : { [oneof.localName]: { case: localName, value } }
}

/** The bytes, or the words of what is thrown. */
function outcome(encode: () => Uint8Array): string {
  try {
    return Buffer.from(encode()).toString('hex')
  } catch (error) {
    return String(error)
  }
}

function encoded(desc: DescMessage, message: Message | Initializer): Uint8Array {
  const writer = new ByteWriter()
  writer.raw(Buffer.from('before'))
  encoderOf(desc)(writer, message)
  const bytes = writer.take()
  expect(bytes.subarray(0, 6).toString()).toBe('before')
  return bytes.subarray(6)
}

function expectSame(desc: DescMessage, message: Message): void {
  expect(outcome(() => encoded(desc, message))).toBe(outcome(() => toBinary(desc, message)))
}

function expectCreated(desc: DescMessage, initializer: Initializer): void {
  const expected = outcome(() => toBinary(desc, create(desc, initializer)))
  expect(outcome(() => encoded(desc, initializer))).toBe(expected)
}

test('a message is encoded as protobuf-es encodes it', () => {
  fc.assert(
    fc.property(messagesOf(all), (message) => expectSame(all, message)),
    { numRuns: 1_000 },
  )
})

test('an initializer is encoded as the message that protobuf-es creates of it', () => {
  for (const desc of [all, strange]) {
    fc.assert(
      fc.property(initializersOf(desc), (initializer) => expectCreated(desc, initializer)),
      { numRuns: 1_000 },
    )
  }
  expectCreated(MetadataSchema, {
    id: 'a',
    $unknown: [{ no: 9, wireType: 0, data: new Uint8Array(1) }],
  })
})

test('an initializer may inherit its fields, and has those of its accessors', () => {
  class Inherited {
    get id() {
      return 'a'
    }
  }
  const initializer = Object.create(new Inherited(), { year: { get: () => 1999 } })
  expectCreated(MetadataSchema, initializer)
  expect(encoded(MetadataSchema, initializer)).toEqual(
    toBinary(MetadataSchema, create(MetadataSchema, { id: 'a', year: 1999 })),
  )
})

test('an unusual value is accepted or refused as in protobuf-es, with the same error', () => {
  for (const field of all.fields) {
    for (const odd of oddities) {
      expectSame(all, Object.assign(create(all), setting(field, odd)))
      expectSame(all, Object.assign(create(all), setting(field, [odd])))
      expectCreated(all, setting(field, odd) as Initializer)
      expectCreated(all, setting(field, [odd]) as Initializer)
    }
  }
})

test('fields of proto2 are encoded only when they were set', () => {
  const file = createFile()
  expectSame(FileDescriptorProtoSchema, file)
  const options = [{ packed: false, deprecated: true }, {}, { ctype: 1, debugRedact: false }]
  for (const one of options) expectSame(FieldOptionsSchema, create(FieldOptionsSchema, one))
})

test('wrappers, structs and maps are encoded', () => {
  fc.assert(fc.property(messagesOf(strange), (message) => expectSame(strange, message)))
})

test('a message of another type is refused', () => {
  const message = create(MetadataSchema)
  expectSame(all, message)
  expect(outcome(() => encoded(all, message))).toContain('cannot use')
})

test('unknown fields are encoded again', () => {
  const unknown = [{ no: 2_000, wireType: 0, data: Uint8Array.of(5) }]
  const message = create(MetadataSchema, { id: 'a' })
  message.$unknown = unknown
  expectSame(MetadataSchema, message)
  const inner = create(all, {})
  inner.$unknown = unknown
  const field = all.fields.find(({ message, fieldKind }) => message === all && fieldKind === 'list')
  const outer = Object.assign(create(all), { [field?.localName ?? '']: [create(all), inner] })
  expectSame(all, outer)
  expect(encoded(all, outer).length).toBeGreaterThan(4)
})

test('messages of any length and depth are prefixed with their lengths', () => {
  const field = all.fields.find((one) => one.message === all && one.fieldKind === 'message')
  const text = all.fields.find(({ scalar, oneof }) => scalar === ScalarType.STRING && !oneof)
  const [within, name] = [field?.localName ?? '', text?.localName ?? '']
  for (const length of [0, 1, 120, 127, 128, 129, 16_380, 16_384, 2_100_000]) {
    let message: Message = Object.assign(create(all), { [name]: 'a'.repeat(length) })
    for (let depth = 0; depth < 4; depth++) {
      message = Object.assign(create(all), { [within]: message })
    }
    expectSame(all, message)
  }
})

alsoOnDenoAndNode(import.meta.filename)
