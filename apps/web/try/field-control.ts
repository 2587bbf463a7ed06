import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'

/** What one value is filled in with. */
export type Control =
  | { readonly kind: 'text' }
  /** A number; `isLong` when JSON writes it as text, so that no digit is lost. */
  | { readonly kind: 'number'; readonly isWhole: boolean; readonly isLong: boolean }
  | { readonly kind: 'switch' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'enum'; readonly desc: DescEnum }
  /** Text that protobuf's JSON has for a message, as a time is. */
  | { readonly kind: 'format'; readonly example: string; readonly isTime: boolean }
  /** Any JSON: a message whose fields nobody knows beforehand. */
  | { readonly kind: 'json' }
  | { readonly kind: 'message'; readonly desc: DescMessage }

/** How a value of the field, or an item or entry of it, is filled in. */
export function controlOf(field: DescField): Control {
  if (field.fieldKind === 'scalar') return scalarControl(field.scalar)
  if (field.fieldKind === 'enum') return { kind: 'enum', desc: field.enum }
  if (field.fieldKind === 'message') return messageControl(field.message)
  if (field.enum) return { kind: 'enum', desc: field.enum }
  return field.message ? messageControl(field.message) : scalarControl(field.scalar)
}

const longs: readonly ScalarType[] = [
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]

function scalarControl(scalar: ScalarType | undefined): Control {
  switch (scalar) {
    case undefined:
    case ScalarType.STRING:
      return { kind: 'text' }
    case ScalarType.BOOL:
      return { kind: 'switch' }
    case ScalarType.BYTES:
      return { kind: 'bytes' }
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { kind: 'number', isWhole: false, isLong: false }
    default:
      return { kind: 'number', isWhole: true, isLong: longs.includes(scalar) }
  }
}

const formats: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': '2026-01-31T12:00:00Z',
  'google.protobuf.Duration': '1.5s',
  'google.protobuf.FieldMask': 'title,releaseDate',
}

const freeForm = ['Any', 'Struct', 'Value', 'ListValue'].map((name) => `google.protobuf.${name}`)

function messageControl(desc: DescMessage): Control {
  const example = formats[desc.typeName]
  if (example !== undefined) {
    return { kind: 'format', example, isTime: desc.typeName === 'google.protobuf.Timestamp' }
  }
  if (isWrapperDesc(desc)) return scalarControl(desc.fields[0]?.scalar)
  return freeForm.includes(desc.typeName) ? { kind: 'json' } : { kind: 'message', desc }
}

/** What a value begins with when a person adds it. */
export function initialValue(control: Control): JsonValue {
  switch (control.kind) {
    case 'number':
      return control.isLong ? '0' : 0
    case 'switch':
      return false
    case 'enum':
      return control.desc.values[0]?.name ?? 0
    case 'json':
    case 'message':
      return {}
    case 'format':
      return control.isTime ? new Date().toISOString() : ''
    default:
      return ''
  }
}

/** The number as JSON has it when it is one, or the text as it was typed, for the problem to be shown. */
export function numberValue(text: string, isLong: boolean): JsonValue {
  const number = Number(text)
  return !isLong && text !== '' && String(number) === text && Number.isFinite(number)
    ? number
    : text
}

/** The type in the words of a proto file. */
export function typeText(field: DescField): string {
  const one = field.enum?.typeName ?? field.message?.typeName ?? scalarText(field.scalar)
  if (field.fieldKind === 'list') return `repeated ${one}`
  return field.fieldKind === 'map' ? `map<${scalarText(field.mapKey)}, ${one}>` : one
}

function scalarText(scalar: ScalarType | undefined): string {
  return scalar === undefined ? '' : (ScalarType[scalar]?.toLowerCase() ?? '')
}
