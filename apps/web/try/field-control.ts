import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf'

/** Input that one value of a field is filled in with. */
export type Control =
  /** Also for a `google.protobuf.FieldMask`: names of fields, separated by commas. */
  | { readonly kind: 'text' }
  /** A number; `isLong` when JSON writes it as text, so that no digit is lost. */
  | { readonly kind: 'number'; readonly isLong: boolean }
  | { readonly kind: 'enum'; readonly desc: DescEnum }
  /** `true` or `false`. */
  | { readonly kind: 'choice' }
  /** A `google.protobuf.Timestamp`, as the text that JSON has for it. */
  | { readonly kind: 'time' }
  | { readonly kind: 'message'; readonly desc: DescMessage }
  /** No input: no method of the services needs one. The JSON view can fill in any field. */
  | { readonly kind: 'none' }

/** Input for a value of the field, or for one item of it. */
export function controlOf(field: DescField): Control {
  if (field.fieldKind === 'map') return { kind: 'none' }
  if (field.enum) return { kind: 'enum', desc: field.enum }
  return field.message ? messageControl(field.message) : scalarControl(field.scalar)
}

function scalarControl(scalar: ScalarType | undefined): Control {
  if (scalar === undefined || scalar === ScalarType.BYTES) return { kind: 'none' }
  if (scalar === ScalarType.BOOL) return { kind: 'choice' }
  if (scalar === ScalarType.STRING) return { kind: 'text' }
  return { kind: 'number', isLong: scalarText(scalar).endsWith('64') }
}

function messageControl(desc: DescMessage): Control {
  if (desc.typeName === 'google.protobuf.Timestamp') return { kind: 'time' }
  if (desc.typeName === 'google.protobuf.FieldMask') return { kind: 'text' }
  return desc.typeName.startsWith('google.protobuf.') ? { kind: 'none' } : { kind: 'message', desc }
}

/** Value that a field or item begins with when a person adds it. */
export function initialValue(control: Control): JsonValue {
  switch (control.kind) {
    case 'number':
      return control.isLong ? '0' : 0
    case 'choice':
      return true
    case 'enum':
      return control.desc.values[0]?.name ?? 0
    case 'message':
      return {}
    case 'time':
      return new Date().toISOString()
    default:
      return ''
  }
}

/** The number as JSON has it, or the typed text when it is no number yet, so that the form can say so. */
export function numberValue(text: string, isLong: boolean): JsonValue {
  const number = Number(text)
  return !isLong && text !== '' && String(number) === text && Number.isFinite(number)
    ? number
    : text
}

/** The type, as a proto file writes it. */
export function typeText(field: DescField): string {
  const one = field.enum?.typeName ?? field.message?.typeName ?? scalarText(field.scalar)
  if (field.fieldKind === 'list') return `repeated ${one}`
  return field.fieldKind === 'map' ? `map<${scalarText(field.mapKey)}, ${one}>` : one
}

function scalarText(scalar: ScalarType | undefined): string {
  return scalar === undefined ? '' : (ScalarType[scalar]?.toLowerCase() ?? '')
}
