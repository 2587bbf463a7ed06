import type { DescService } from '@bufbuild/protobuf'
import { bindingsOf } from '../binding.ts'
import { createOpenApi, type OpenApiOptions } from '../openapi/document.ts'

// biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests check
type Any = any

/** Returns the OpenAPI document of a service. */
export function documentOf(service: DescService, options: Partial<OpenApiOptions> = {}): Any {
  const descriptions = { comments: {}, examples: {} }
  const bindings = service.methods.flatMap(bindingsOf)
  const info = { title: service.name, version: '1' }
  return createOpenApi({ info, bindings, descriptions, ...options })
}

/** Returns the schemas of an operation's parameters in one place, by their names. */
export function parametersOf(operation: Any, place: 'path' | 'query' | 'header'): Any {
  const found = operation.parameters.filter((one: Any) => one.in === place)
  return Object.fromEntries(found.map(({ name, schema }: Any) => [name, schema]))
}
