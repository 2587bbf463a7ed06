import type { DescMessage } from '@bufbuild/protobuf'

/** Types whose numbers have no field that says what they are. */
const untyped = new Set(['google.protobuf.Any', 'google.protobuf.Value'])

/**
 * Returns a function that quotes the integers in the JSON of a message that a double may not hold.
 * Protobuf allows both forms, and `JSON.parse` rounds those without quotes. Types with JSON values
 * of any kind keep their text.
 * @param desc `undefined` for the JSON of scalars and enums.
 */
export function exactIntegersOf(desc: DescMessage | undefined): (text: string) => string {
  const isUntyped = desc !== undefined && reachesUntyped(desc, new Set())
  return isUntyped ? (text) => text : quoteIntegers
}

const longInteger = /\d{16}/
/** Matches a string or a number. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*(?!\s*:)/g
const unsafe = /^-?[1-9]\d{15,}$/

function quoteIntegers(text: string): string {
  if (!longInteger.test(text)) return text
  return text.replace(token, (part) => (unsafe.test(part) ? `"${part}"` : part))
}

function reachesUntyped(desc: DescMessage, seen: Set<DescMessage>): boolean {
  if (untyped.has(desc.typeName)) return true
  if (seen.has(desc)) return false
  seen.add(desc)
  return desc.fields.some(({ message }) => message !== undefined && reachesUntyped(message, seen))
}
