import type { DescField, DescMessage } from '@bufbuild/protobuf'

/** Types whose numbers have no field that says what they are. */
const untyped = new Set(
  ['Any', 'Value', 'Struct', 'ListValue'].map((name) => `google.protobuf.${name}`),
)

/**
 * Returns a function that quotes the integers in the JSON of a message that a double may not hold.
 * Protobuf allows both forms, and `JSON.parse` rounds those without quotes. JSON values of any kind
 * keep their text.
 * @param desc `undefined` for the JSON of scalars and enums.
 */
export function exactIntegersOf(desc: DescMessage | undefined): (text: string) => string {
  const hasUntyped = desc !== undefined && reachesUntyped(desc, new Set())
  const quote = hasUntyped ? (text: string) => quoteTyped(desc, text) : quoteAll
  return (text) => (longInteger.test(text) ? quote(text) : text)
}

const longInteger = /\d{16}/
/**
 * Matches a string or a number. A string may lack its end: otherwise the time of malformed text would
 * grow with the square of its length.
 */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*(?!\s*:)/g
const unsafe = /^-?[1-9]\d{15,}$/

function quoteAll(text: string): string {
  return text.replace(token, quoteUnsafe)
}

function quoteUnsafe(part: string): string {
  return unsafe.test(part) ? `"${part}"` : part
}

/** Matches also a name of a member with its colon, and a sign between values. */
const partOfJson = /("[^"\\]*(?:\\.[^"\\]*)*"?)(\s*:)?|-?\d[\d.eE+-]*(?!\s*:)|[{}[\],]/g

/** Kind of a value: a message, a map, a scalar or an enum, or JSON of any kind. */
type Shape = DescMessage | (DescField & { fieldKind: 'map' }) | 'scalar' | 'any'

/** Quotes the integers outside of values of any kind. Text that is no JSON is for the parser. */
function quoteTyped(desc: DescMessage, text: string): string {
  /** Shapes of the objects and lists around, the innermost last. That of a list is its items'. */
  const around: Shape[] = []
  let shape = messageShape(desc)
  return text.replace(partOfJson, (part, name?: string, colon?: string) => {
    if (colon !== undefined) shape = memberShape(around.at(-1) ?? 'any', name ?? '')
    else if (part === '{' || part === '[') around.push(shape)
    else if (part === '}' || part === ']') around.pop()
    else if (part === ',') shape = around.at(-1) ?? 'any'
    else if (shape !== 'any') return quoteUnsafe(part)
    return part
  })
}

function messageShape(desc: DescMessage): Shape {
  return untyped.has(desc.typeName) ? 'any' : desc
}

function memberShape(object: Shape, quotedName: string): Shape {
  if (object === 'any' || object === 'scalar') return object
  if ('fieldKind' in object) return object.message ? messageShape(object.message) : 'scalar'
  const name = nameOf(quotedName)
  const field = object.fields.find((one) => one.jsonName === name || one.name === name)
  if (field === undefined) return 'any'
  if (field.fieldKind === 'map') return field
  return field.message ? messageShape(field.message) : 'scalar'
}

/** Returns the text of a string in JSON, or an empty text for one that is malformed. */
function nameOf(quotedName: string): string {
  if (!quotedName.includes('\\')) return quotedName.slice(1, -1)
  try {
    return JSON.parse(quotedName)
  } catch {
    return ''
  }
}

function reachesUntyped(desc: DescMessage, seen: Set<DescMessage>): boolean {
  if (untyped.has(desc.typeName)) return true
  if (seen.has(desc)) return false
  seen.add(desc)
  return desc.fields.some(({ message }) => message !== undefined && reachesUntyped(message, seen))
}
