import { type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../errors/rpc-reasons.ts'

/**
 * Maximum length of a number, in characters. The largest double has 309 digits. The time of some
 * conversions grows with the square of the length.
 */
const numberCharactersMax = 400
/** Maximum nesting, against recursion. Protobuf accepts 100 levels. */
const depthMax = 128

const quote = 0x22
const backslash = 0x5c

/** Kinds of bytes outside of strings. */
const kind = { nothing: 0, quote: 1, separator: 2, opening: 3, closing: 4, number: 5 } as const
const kinds = new Uint8Array(256)
const isOfNumber = new Uint8Array(256)
for (const byte of Buffer.from(',:')) kinds[byte] = kind.separator
for (const byte of Buffer.from('[{')) kinds[byte] = kind.opening
for (const byte of Buffer.from(']}')) kinds[byte] = kind.closing
for (const byte of Buffer.from('-0123456789')) kinds[byte] = kind.number
for (const byte of Buffer.from('+-.0123456789Ee')) isOfNumber[byte] = 1
kinds[quote] = kind.quote

export interface JsonScanOptions {
  /** Number at which counting stops. */
  readonly elementsMax: number
  /** True when strings may be converted to integers. */
  readonly hasIntegersAsText: boolean
}

/**
 * Counts the names and values of a JSON text, well-formed or not, without parsing it. Throws
 * `INVALID_ARGUMENT` for a number that is too long, and for nesting that is too deep.
 */
export function countJsonElements(
  bytes: Uint8Array,
  { elementsMax, hasIntegersAsText }: JsonScanOptions,
): number {
  let [count, depth] = [1, 0]
  for (let at = 0; at < bytes.length && count <= elementsMax; at++) {
    const found = kinds[bytes[at] as number]
    if (found === kind.nothing) continue
    if (found === kind.quote) {
      const end = endOfString(bytes, at + 1)
      if (hasIntegersAsText) checkDigits(bytes, at + 1, end)
      at = end
    } else if (found === kind.number) {
      const end = endOf(bytes, at, isOfNumber)
      if (end - at > numberCharactersMax) throw tooLong()
      at = end - 1
    } else if (found === kind.closing) depth--
    else {
      count++
      if (found === kind.opening && ++depth > depthMax) throw tooDeep()
    }
  }
  return count
}

/** Returns the position of the quote that ends a string. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === backslash) at++
  }
  return bytes.length
}

function endOf(bytes: Uint8Array, start: number, table: Uint8Array): number {
  let at = start
  while (at < bytes.length && table[bytes[at] as number] === 1) at++
  return at
}

function checkDigits(bytes: Uint8Array, start: number, end: number): void {
  if (end - start <= numberCharactersMax) return
  for (let at = start; at < end; at++) {
    const runEnd = endOf(bytes, at, isOfNumber)
    if (runEnd - at > numberCharactersMax) throw tooLong()
    at = runEnd
  }
}

function tooLong(): ConnectError {
  const text = `a number has more than ${numberCharactersMax} characters: send a shorter one`
  return withReason(new ConnectError(text, Code.InvalidArgument), 'MESSAGE_MALFORMED')
}

function tooDeep(): ConnectError {
  const text = `the JSON has more than ${depthMax} levels: send fewer`
  return withReason(new ConnectError(text, Code.InvalidArgument), 'MESSAGE_MALFORMED')
}

const integers64: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
])

/** Types whose 64-bit integers are written as a time. */
const times: ReadonlySet<string> = new Set([
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
])

/** Returns whether the type, or a nested one, has 64-bit integers. JSON may quote those. */
export function hasIntegersAsText(desc: DescMessage, seen: Set<DescMessage> = new Set()): boolean {
  if (seen.has(desc) || times.has(desc.typeName)) return false
  seen.add(desc)
  return desc.fields.some(
    (field) =>
      integers64.has(field.scalar) ||
      (field.fieldKind === 'map' && integers64.has(field.mapKey)) ||
      (field.message !== undefined && hasIntegersAsText(field.message, seen)),
  )
}
