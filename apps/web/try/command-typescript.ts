import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf'
import type { Call } from './call.ts'
import { object } from './rule-text.ts'

/** Modules of the client by package of the protos. */
const modules: Readonly<Record<string, string>> = {
  'movie.v1': '@marquee/client/movie',
  'metadata.v1': '@marquee/client/metadata',
  'rating.v1': '@marquee/client/rating',
  'system.v1': '@marquee/client/system',
}

/** The parts of `createMarquee`, by RPC service. Others are called by `createCalls`. */
const parts: Readonly<Record<string, string>> = {
  'movie.v1.MovieService': 'movies',
  'metadata.v1.MetadataService': 'metadata',
  'rating.v1.RatingService': 'ratings',
}

/**
 * The call as a TypeScript program with `@marquee/client`, or `undefined` for a method that the
 * client does not have: one that streams its request, or that is no service of Marquee.
 */
export function typescriptProgram(call: Call): string | undefined {
  const { method } = call
  const module = modules[method.parent.file.proto.package]
  const isUnary = method.methodKind === 'unary'
  if (!module || (!isUnary && method.methodKind !== 'server_streaming')) return undefined
  const { imports, client, target } = clientOf(call, module)
  const argument = argumentOf(call, module)
  const options = optionsOf(call)
  const expression = `${target}.${method.localName}(${[argument.text, ...options].join(', ')})`
  const head = [...imports, ...argument.imports].toSorted().join('\n')
  return `${head}\n\n${client}\n${isUnary ? unary(expression) : streaming(expression)}`
}

function clientOf({ baseUrl, method }: Call, module: string) {
  const part = parts[method.parent.typeName]
  if (part) {
    return {
      imports: ["import { createMarquee } from '@marquee/client'"],
      client: `const marquee = createMarquee({ baseUrl: ${literal(baseUrl)} })`,
      target: `marquee.${part}`,
    }
  }
  const { name } = method.parent
  return {
    imports: [
      "import { createCalls } from '@marquee/client/calls'",
      `import { ${name} } from '${module}'`,
    ],
    client: `const calls = createCalls(${name}, { baseUrl: ${literal(baseUrl)} })`,
    target: 'calls',
  }
}

/** The message as an object, or by `fromJson` when it has types that JSON writes otherwise. */
function argumentOf({ method, messages, registry }: Call, module: string) {
  const [message] = messages
  const json = message ? object(toJson(method.input, message, { registry })) : {}
  if (isPlain(method.input, json)) return { text: literal(json), imports: [] }
  const schema = `${method.input.name}Schema`
  return {
    text: `fromJson(${schema}, ${literal(json)})`,
    imports: [
      "import { fromJson } from '@bufbuild/protobuf'",
      `import { ${schema} } from '${module}'`,
    ],
  }
}

function optionsOf({ options: { headers, timeoutMs } }: Call): string[] {
  const options: JsonObject = {
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
  return Object.keys(options).length > 0 ? [literal(options)] : []
}

function unary(expression: string): string {
  return `const result = await ${expression}
if (result.ok) console.log(result.value)
else console.error(result.error.code, result.error.message)
`
}

function streaming(expression: string): string {
  return `for await (const result of ${expression}) {
  if (result.ok) console.log(result.value)
  else console.error(result.error.code, result.error.message)
}
`
}

/** Returns true when the JSON is also what the client takes as the message. */
function isPlain(desc: DescMessage, json: JsonObject): boolean {
  return Object.entries(json).every(([name, value]) => {
    const field = desc.fields.find(({ jsonName }) => jsonName === name)
    if (!field || field.fieldKind === 'map' || field.oneof || field.jsonName !== field.localName) {
      return false
    }
    const values = Array.isArray(value) ? value : [value]
    return values.every((one) => isPlainValue(field, one))
  })
}

function isPlainValue({ message, enum: desc, scalar }: DescField, value: JsonValue): boolean {
  if (message) return !isWellKnown(message) && isPlain(message, object(value))
  if (desc || scalar === undefined || scalar === ScalarType.BYTES) return false
  if (scalar === ScalarType.STRING) return typeof value === 'string'
  if (scalar === ScalarType.BOOL) return typeof value === 'boolean'
  // JSON writes 64-bit integers, and what no number is, as text.
  return typeof value === 'number'
}

function isWellKnown({ typeName }: DescMessage): boolean {
  return typeName.startsWith('google.protobuf.')
}

/** The value as a literal of TypeScript. */
function literal(value: JsonValue, indent = ''): string {
  if (typeof value === 'string') return textLiteral(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const items = isList
    ? value.map((item) => literal(item, inner))
    : Object.entries(value).map(([name, one]) => `${propertyName(name)}: ${literal(one, inner)}`)
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  if (items.length === 0) return open + close
  const line = items.join(', ')
  if (line.length < 60 && !line.includes('\n')) {
    return isList ? `[${line}]` : `{ ${line} }`
  }
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}${close}`
}

function textLiteral(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${escaped}'`
}

function propertyName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : textLiteral(name)
}
