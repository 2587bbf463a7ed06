import { type DescField, ScalarType } from '@bufbuild/protobuf'
import fc from 'fast-check'

/** Texts that meet the special cases of paths, queries and JSON. */
const words = [
  ...['', 'a', '1', 'read', 'special', 'nested', 'parts', 'true', 'null', '.', '..', '*', '**'],
  ...[
    'a b',
    'a/b',
    '/',
    'a:b',
    ':',
    'a:read',
    'a:watch',
    'x+y',
    '100%',
    'a%2Fb',
    '%',
    'a?b',
    'a#b',
  ],
  ...['a;b', 'a,b', 'a=b', 'a&b', '@', "it's", '"q"', 'a\\b', '{a}', '[a]', '~-_.!$()', '|^`<>'],
  ...['é', '日本', '😀', '\u00a0', '\ufeff', '\u0000', '\n', '\t', 'ÀÉ', 'e\u0301'],
]

/** Any text: special cases, and others of all scripts. */
export const texts = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
  { weight: 2, arbitrary: fc.stringMatching(/^[a-z0-9]{1,8}$/) },
)

const integers = [
  ...['0', '1', '-1', '42', '127', '2147483647', '2147483648', '-2147483648', '-2147483649'],
  ...['4294967295', '4294967296', '9007199254740991', '9007199254740992', '-9007199254740993'],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '18446744073709551615'],
  ...['18446744073709551616', '99999999999999999999999', '1.0', '1.5', '1e3', '1e-1', '+1', '01'],
  ...['-0', '0x10', '', ' 1', '1 ', '1_000', 'abc', 'NaN', '٣', '"1"', 'null', 'true'],
]
const reals = [
  ...['0', '-0', '1', '1.5', '-2.25', '1e5', '1E5', '1e+5', '1e-7', '0.1', '123456789012345680'],
  ...[
    '1e400',
    '-1e400',
    '1e-400',
    '3.4028234e38',
    '3.5e38',
    '1e39',
    'NaN',
    'Infinity',
    '-Infinity',
  ],
  ...['inf', '-inf', 'nan', '+1', '01.5', '.5', '5.', '0x1p-2', '1_0', '', ' 1', 'abc', '"1.5"'],
]
const booleans = ['true', 'false', '1', '0', 'True', 'TRUE', 't', 'yes', '', '"true"', 'null']
const base64s = [
  ...['AQID', 'AQI=', 'AQI', 'AQ==', 'AQ', 'AQ=', '_-8=', '/+8=', '_-8', '_+8=', 'A', 'AQIDB'],
  ...['AR==', 'AQIB', '', '!!!!', 'AQ ID', 'AQ\nID', '====', '8J+YgA=='],
]
const enums = [
  '0',
  '1',
  '2',
  '-1',
  '3',
  '99',
  '2147483648',
  '1.0',
  '+1',
  '',
  'SHAPE_NOPE',
  'shape_round',
]
const times = [
  ...['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.123456789Z'],
  ...['2026-01-31T12:00:00+02:00', '2026-01-31T12:00:00-23:59', '1969-12-31T23:59:59.999Z'],
  ...[
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
  ],
  ...[
    '2024-02-29T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T23:59:60Z',
  ],
  ...['2026-01-31t12:00:00z', '2026-01-31 12:00:00Z', '2026-01-31', '12:00:00Z', '1769860800', ''],
  ...['2026-01-31T12:00:00', '2026-01-31T12:00:00.1234567891Z', '2026-01-31T12:00:00,5Z', 'now'],
]
const durations = [
  ...['0s', '1s', '-1s', '1.5s', '-1.5s', '0.000000001s', '0.0000000001s', '315576000000s', '1.s'],
  ...[
    '315576000001s',
    '-315576000000s',
    '9223372036s',
    '1',
    '1m',
    '1h30m',
    '1ms',
    '+1s',
    '.5s',
    '',
    's',
  ],
  ...['-0.5s', '1e3s', '01s', '1.50s'],
]
const masks = [
  ...['a', 'a,b', 'a.b', 'snakeCase', 'snake_case', 'a.bCase', 'a,,b', '', ',', 'A', 'a b', '*'],
  ...['a_b_c', 'a1', 'a_1', '_a'],
]
const documents = ['{}', '{"a":1}', '[]', '[1,"a",null]', 'null', '1', '"a"', 'true', '{', '', 'a']

/** Texts of a field, or of an item of a repeated one: right ones, wrong ones, and special cases. */
export function fieldTexts(field: DescField): fc.Arbitrary<string> {
  if (field.fieldKind === 'map') return texts
  if (field.enum !== undefined) {
    const names = field.enum.values.map(({ name }) => name)
    return fc.constantFrom(...names, ...names, ...enums)
  }
  if (field.scalar !== undefined) return scalarTexts(field.scalar)
  return messageTexts(field.message?.typeName ?? '')
}

function scalarTexts(scalar: ScalarType): fc.Arbitrary<string> {
  switch (scalar) {
    case ScalarType.STRING:
      return texts
    case ScalarType.BOOL:
      return fc.constantFrom(...booleans)
    case ScalarType.BYTES:
      return fc.constantFrom(...base64s)
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return fc.oneof(fc.constantFrom(...reals), fc.double().map(String))
    default:
      return fc.oneof(fc.constantFrom(...integers), fc.integer().map(String))
  }
}

function messageTexts(typeName: string): fc.Arbitrary<string> {
  switch (typeName) {
    case 'google.protobuf.Timestamp':
      return fc.constantFrom(...times)
    case 'google.protobuf.Duration':
      return fc.constantFrom(...durations)
    case 'google.protobuf.FieldMask':
      return fc.constantFrom(...masks)
    case 'google.protobuf.StringValue':
      return texts
    case 'google.protobuf.BoolValue':
      return fc.constantFrom(...booleans)
    case 'google.protobuf.BytesValue':
      return fc.constantFrom(...base64s)
    case 'google.protobuf.DoubleValue':
    case 'google.protobuf.FloatValue':
      return fc.constantFrom(...reals)
    default:
      return /Int(?:32|64)Value$/.test(typeName)
        ? fc.constantFrom(...integers)
        : fc.constantFrom(...documents)
  }
}
