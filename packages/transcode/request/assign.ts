import type { DescField } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'
import { type FieldPath, nameOf } from '../field-path.ts'
import { parseValue, type Value, ValueError } from './value.ts'

/**
 * Sets a field to its values, in a nested message too. Throws `INVALID_ARGUMENT` for a text that is
 * no value, for several values of a field that is not repeated, and for a second field of a oneof.
 * @param texts Values, at least one.
 */
export function assign(root: ReflectMessage, path: FieldPath, texts: readonly string[]): void {
  const field = path.at(-1) as DescField
  const text = texts.join(', ')
  try {
    if (field.fieldKind !== 'list' && texts.length > 1) {
      throw new ValueError(`it comes ${texts.length} times: send it once`)
    }
    setAt(root, path, (message) => {
      if (field.fieldKind === 'list') {
        const list = message.get(field)
        for (const one of texts) list.add(parseValue(field, one))
      } else message.set(field, parseValue(field, texts[0] as string))
    })
  } catch (error) {
    throw invalid(path, text, reasonOf(field, error))
  }
}

/**
 * Sets a field to the value of a header. Throws `INVALID_ARGUMENT` with the name of the header for a
 * text that is no value.
 */
export function assignHeader(
  root: ReflectMessage,
  field: DescField,
  [name, text]: readonly [string, string],
): void {
  try {
    root.set(field, parseValue(field, text))
  } catch (error) {
    const message = `${name} is ${quoted(text)}: ${reasonOf(field, error)}`
    const refusal = new ConnectError(message, Code.InvalidArgument)
    throw withReason(refusal, 'HEADER_INVALID', { header: name.toLowerCase() })
  }
}

/** Calls `set` with the message that has the last field of the path. */
function setAt(
  root: ReflectMessage,
  path: FieldPath,
  set: (message: ReflectMessage) => void,
): void {
  const [field, ...rest] = path as [DescField, ...DescField[]]
  if (field.oneof !== undefined) {
    const other = root.oneofCase(field.oneof)
    if (other !== undefined && other !== field) {
      throw new ValueError(`${other.name} excludes it: send one of them`)
    }
  }
  if (rest.length === 0) {
    set(root)
    return
  }
  const child = root.isSet(field) ? root.get(field) : reflect(messageOf(field))
  setAt(child as ReflectMessage, rest, set)
  root.set(field, child as Value)
}

function messageOf(field: DescField) {
  if (field.fieldKind !== 'message') throw new TypeError(`${field.name} is no message`)
  return field.message
}

/** Protobuf's reflection throws an error of its own for a number out of range, for example. */
function reasonOf(field: DescField, error: unknown): string {
  if (error instanceof ValueError) return error.message
  if ((error as Error).name === 'FieldValueInvalidError') return `${field.name} is out of range`
  throw error
}

function invalid(path: FieldPath, text: string, reason: string): ConnectError {
  const name = nameOf(path)
  const error = new ConnectError(`${name} is ${quoted(text)}: ${reason}`, Code.InvalidArgument)
  return withReason(error, 'PARAMETER_INVALID', { parameter: name })
}
