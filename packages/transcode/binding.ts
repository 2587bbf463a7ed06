import { type DescField, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf'
import { type FieldPath, fieldPathOf } from './field-path.ts'
import { http } from './gen/google/api/annotations_pb.ts'
import type { HttpRule } from './gen/google/api/http_pb.ts'
import { type PathTemplate, parseTemplate } from './path/template.ts'

/** One way to call an RPC by REST: a rule of its `google.api.http` option. */
export interface Binding {
  readonly rpc: DescMethod
  /** HTTP method in upper case, or `*` for any. */
  readonly method: string
  readonly template: PathTemplate
  /** Fields of the template's variables, in their order. */
  readonly variables: readonly FieldPath[]
  /** Field that the body is, or `*` for all fields that the path has not. */
  readonly body: DescField | '*' | undefined
  /** Field that the body of the response is. Default: the whole message. */
  readonly responseBody: DescField | undefined
}

/**
 * Returns the bindings of an RPC, none without the option. Throws a `TypeError` for a rule that
 * does not fit its messages.
 */
export function bindingsOf(rpc: DescMethod): Binding[] {
  if (!hasOption(rpc, http)) return []
  const rule = getOption(rpc, http)
  const others = rule.additionalBindings
  if (others.some(({ additionalBindings }) => additionalBindings.length > 0)) {
    throw invalid(rpc, 'an additional binding has additional bindings')
  }
  return [rule, ...others].map((one) => bindingOf(rpc, one))
}

function bindingOf(rpc: DescMethod, rule: HttpRule): Binding {
  const { pattern } = rule
  if (pattern.case === undefined) throw invalid(rpc, 'a rule has no path')
  const [method, path] =
    pattern.case === 'custom'
      ? [pattern.value.kind, pattern.value.path]
      : [pattern.case.toUpperCase(), pattern.value]
  const template = parseTemplate(path)
  const [first] = template.segments
  if (first?.kind !== 'literal' || (template.verb !== '' && template.segments.length === 1)) {
    throw invalid(rpc, `${path} has to start with a fixed segment, such as /v1/`)
  }
  const variables = template.variables.map(({ fieldPath }) => variableOf(rpc, fieldPath))
  const body = bodyOf(rpc, rule.body)
  const isStream = rpc.methodKind === 'client_streaming' || rpc.methodKind === 'bidi_streaming'
  if (isStream && (body !== '*' || variables.length > 0)) {
    throw invalid(rpc, 'the body of a stream of requests is "*", and its path has no variable')
  }
  const responseBody = rule.responseBody ? topLevel(rpc, rpc.output, rule.responseBody) : undefined
  return { rpc, method, template, variables, body, responseBody }
}

function variableOf(rpc: DescMethod, text: string): FieldPath {
  const path = fieldPathOf(rpc.input, text)
  const kind = path?.at(-1)?.fieldKind
  if (path !== undefined && (kind === 'scalar' || kind === 'enum')) return path
  throw invalid(rpc, `${text} is no scalar field of ${rpc.input.typeName}`)
}

function bodyOf(rpc: DescMethod, text: string): Binding['body'] {
  if (text === '' || text === '*') return text || undefined
  return topLevel(rpc, rpc.input, text)
}

function topLevel(rpc: DescMethod, desc: DescMethod['input'], text: string): DescField {
  const [field, ...others] = fieldPathOf(desc, text) ?? []
  if (field !== undefined && others.length === 0) return field
  throw invalid(rpc, `${text} is no field of ${desc.typeName}`)
}

function invalid({ parent, name }: DescMethod, reason: string): TypeError {
  return new TypeError(`google.api.http of ${parent.typeName}.${name}: ${reason}`)
}
