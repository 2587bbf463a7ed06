import type { DescField, DescMessage } from '@bufbuild/protobuf'

/** Types whose values have no field that says what they are. */
export const untyped = new Set(
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
const unsafe = /^-?[1-9]\d{15,}$/

function quoteAll(text: string): string {
  return rewrite(text, quoteUnsafe)
}

function quoteUnsafe(part: string): string {
  return unsafe.test(part) ? `"${part}"` : part
}

/** Matches the beginning of a string, a number that is no name of a member, and a sign between values. */
const beginOfPart = /["{}[\],]|-?\d[\d.eE+-]*(?!\s*:)/g
const colon = /\s*:/y

/**
 * Replaces the parts of JSON: signs, numbers, and strings, of which those before a colon are names.
 * Strings are not matched by a regular expression: that of JavaScriptCore gives up after two million
 * escapes, without an error.
 */
function rewrite(text: string, replace: (part: string, isName: boolean) => string): string {
  const begins = new RegExp(beginOfPart)
  let rewritten = ''
  let copiedEnd = 0
  for (let match = begins.exec(text); match !== null; match = begins.exec(text)) {
    const { index } = match
    const isString = match[0] === '"'
    const end = isString ? endOfString(text, index) : begins.lastIndex
    begins.lastIndex = end
    colon.lastIndex = end
    const part = text.slice(index, end)
    const replaced = replace(part, isString && colon.test(text))
    if (replaced === part) continue
    rewritten += text.slice(copiedEnd, index) + replaced
    copiedEnd = end
  }
  return rewritten + text.slice(copiedEnd)
}

/** Returns the index after a string: the length of the text when the string lacks its end. */
function endOfString(text: string, begin: number): number {
  for (let quote = text.indexOf('"', begin + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (text[quote - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return quote + 1
  }
  return text.length
}

/** Kind of a value: a message, a map, a scalar or an enum, or JSON of any kind. */
type Shape = DescMessage | (DescField & { fieldKind: 'map' }) | 'scalar' | 'any'

/** Quotes the integers outside of values of any kind. Text that is no JSON is for the parser. */
function quoteTyped(desc: DescMessage, text: string): string {
  /** Shapes of the objects and lists around, the innermost last. That of a list is its items'. */
  const around: Shape[] = []
  let shape = messageShape(desc)
  return rewrite(text, (part, isName) => {
    if (isName) shape = memberShape(around.at(-1) ?? 'any', part)
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
