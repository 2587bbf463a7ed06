import {
  type DescMessage,
  type DescMethod,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  toJson,
} from '@bufbuild/protobuf'
import { scalarZeroValue } from '@bufbuild/protobuf/reflect'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import type { Call } from './call.ts'
import { object, objects } from './rule-text.ts'

/** The REST request of a call. */
export interface RestRequest {
  readonly verb: string
  readonly url: string
  /** One JSON text for each message; more than one when the client streams. */
  readonly body?: readonly string[]
}

/** A binding of `google.api.http` (google/api/http.proto). */
interface Binding {
  readonly verb: string
  readonly template: string
  /** `*` for the whole message, a field, or empty for no body. */
  readonly body: string
}

/**
 * The request of the method's route that has the most of the message in its path, or `undefined`
 * when no route of the method can express the message.
 */
export function restRequestOf({ baseUrl, method, messages, registry }: Call) {
  const bodies = messages.map((message) => object(toJson(method.input, message, { registry })))
  const isStream =
    method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming'
  return bindingsOf(method, registry)
    .flatMap((binding) => {
      const request = isStream
        ? streamRequest(binding, bodies, baseUrl)
        : requestOf(binding, method.input, bodies[0] ?? {}, baseUrl)
      return request ? [{ request, size: variablesOf(binding).length }] : []
    })
    .reduce<{ request?: RestRequest; size: number }>(
      (best, next) => (next.size > best.size ? next : best),
      { size: -1 },
    ).request
}

function bindingsOf(method: DescMethod, registry: Registry): Binding[] {
  const extension = registry.getExtension('google.api.http')
  if (extension?.message === undefined || !hasOption(method, extension)) return []
  const rule = object(
    toJson(extension.message, getOption(method, extension) as Message, { registry }),
  )
  return [rule, ...objects(rule.additionalBindings)].flatMap((one) =>
    ['get', 'put', 'post', 'delete', 'patch'].flatMap((verb) =>
      typeof one[verb] === 'string'
        ? [{ verb: verb.toUpperCase(), template: one[verb], body: String(one.body ?? '') }]
        : [],
    ),
  )
}

function variablesOf({ template }: Binding): string[] {
  return [...template.matchAll(/\{([\w.]+)\}/g)].map(([, name = '']) => name)
}

function streamRequest(
  { verb, template, body }: Binding,
  messages: readonly JsonObject[],
  baseUrl: string,
): RestRequest | undefined {
  if (body !== '*') return undefined
  return {
    verb,
    url: baseUrl + template,
    body: messages.map((message) => JSON.stringify(message)),
  }
}

function requestOf(
  binding: Binding,
  desc: DescMessage,
  message: JsonObject,
  baseUrl: string,
): RestRequest | undefined {
  let rest = message
  let path = binding.template
  for (const name of variablesOf(binding)) {
    const names = jsonPath(desc, name)
    const value = names && (valueAt(rest, names) ?? zeroOf(desc, name))
    if (!names || value === undefined || value === '' || typeof value === 'object') return undefined
    path = path.replace(`{${name}}`, encodeURIComponent(String(value)))
    rest = without(rest, names)
  }
  if (binding.body === '*') {
    return { verb: binding.verb, url: baseUrl + path, body: [JSON.stringify(rest)] }
  }
  const [bodyName] = binding.body ? (jsonPath(desc, binding.body) ?? []) : []
  const query = queryOf(bodyName ? without(rest, [bodyName]) : rest)
  if (!query) return undefined
  const url = baseUrl + path + (query.length > 0 ? `?${new URLSearchParams(query)}` : '')
  if (!bodyName) return { verb: binding.verb, url }
  return { verb: binding.verb, url, body: [JSON.stringify(rest[bodyName] ?? {})] }
}

/** The value that JSON leaves out: 0 for a number without presence. A text in a path has no such. */
function zeroOf(desc: DescMessage, name: string): number | undefined {
  const field = desc.fields.find((one) => one.name === name)
  if (field?.fieldKind !== 'scalar') return undefined
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT) return undefined
  const zero = scalarZeroValue(field.scalar, false)
  return typeof zero === 'number' || typeof zero === 'bigint' ? Number(zero) : undefined
}

/** The names of the path in JSON: `record.record_type` is `record`, `recordType`. */
function jsonPath(desc: DescMessage, path: string): readonly string[] | undefined {
  const names: string[] = []
  let message: DescMessage | undefined = desc
  for (const name of path.split('.')) {
    const field: DescMessage['fields'][number] | undefined = message?.fields.find(
      (one) => one.name === name,
    )
    if (!field) return undefined
    names.push(field.jsonName)
    message = field.message
  }
  return names
}

function valueAt(json: JsonObject, names: readonly string[]): JsonValue | undefined {
  return names.reduce<JsonValue | undefined>((value, name) => object(value)[name], json)
}

/** The object without the value; one that is left without properties goes, too. */
function without(json: JsonObject, [name = '', ...names]: readonly string[]): JsonObject {
  const { [name]: value, ...others } = json
  if (names.length === 0) return others
  const inner = without(object(value), names)
  return Object.keys(inner).length > 0 ? { ...others, [name]: inner } : others
}

/** The fields as parameters, or `undefined` for a list of messages, which a query cannot have. */
function queryOf(json: JsonObject, prefix = ''): [string, string][] | undefined {
  const parameters: [string, string][] = []
  for (const [name, value] of Object.entries(json)) {
    const key = prefix + name
    if (Array.isArray(value)) {
      if (value.some((item) => typeof item === 'object')) return undefined
      parameters.push(...value.map((item): [string, string] => [key, String(item)]))
    } else if (typeof value === 'object' && value !== null) {
      const inner = queryOf(value, `${key}.`)
      if (!inner) return undefined
      parameters.push(...inner)
    } else {
      parameters.push([key, String(value)])
    }
  }
  return parameters
}
