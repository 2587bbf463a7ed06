import type { DescMethod, DescService } from '@bufbuild/protobuf'
import type { Binding } from '../binding.ts'
import { type PathFields, pathFieldsOf } from '../request/path-fields.ts'
import { commentOf, type Descriptions } from './descriptions.ts'
import type { HasVersion } from './headers.ts'
import type { Schema } from './json-schema.ts'
import type { LinkedOperation } from './links/linked-operation.ts'
import { addLinks } from './links/links.ts'
import { type OperationAccess, operationOf } from './operation.ts'
import { pathOf } from './paths.ts'
import { errorComponents, errorSchemas } from './responses.ts'
import { createSchemas } from './schemas.ts'

/** Options of `createOpenApi`. */
export interface OpenApiOptions {
  readonly info: Schema
  /** Routes in the order of their RPCs: `Transcoding.bindings`. */
  readonly bindings: readonly Binding[]
  readonly descriptions: Descriptions
  /** Values of request fields that paths stand for. Default: none. */
  readonly pathFields?: PathFields
  /** Returns who may call an RPC. Default: everybody. */
  readonly accessOf?: (method: DescMethod) => OperationAccess
  readonly securitySchemes?: Readonly<Record<string, Schema>>
  /**
   * Returns whether the responses of an RPC to GET have an ETag. Default: only those that return one
   * resource with a field `etag`.
   */
  readonly hasVersion?: HasVersion
}

/** Methods that OpenAPI 3.1 knows. Operations of others are left out. */
const methods = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'])

/**
 * Creates the OpenAPI 3.1 document of REST routes (https://spec.openapis.org/oas/v3.1.1), from the
 * descriptors of their RPCs: paths, parameters, bodies, rules of `buf.validate`, and errors.
 */
export function createOpenApi(options: OpenApiOptions): Schema {
  const { info, bindings, descriptions, pathFields = {}, accessOf, securitySchemes } = options
  const { hasVersion = () => false } = options
  const schemas = createSchemas(descriptions)
  const names = new Map<string, string[]>()
  const paths: Record<string, Record<string, Schema>> = {}
  const seen = new Map<DescMethod, number>()
  const linked: LinkedOperation[] = []
  for (const binding of bindings) {
    const { rpc, method } = binding
    const index = seen.get(rpc) ?? 0
    seen.set(rpc, index + 1)
    if (!methods.has(method)) continue
    const path = pathOf(binding, names)
    const access = accessOf?.(rpc)
    const own = pathFieldsOf(binding.template, pathFields)
    paths[path.text] ??= {}
    const item = paths[path.text] as Record<string, Schema>
    const operation = operationOf({
      ...{ binding, index, path, schemas, descriptions, access, hasVersion },
      pathFields: own,
    })
    item[method.toLowerCase()] = operation
    linked.push({ binding, path, pathFields: own, operation })
  }
  addLinks(linked)
  const operations = linked.map(({ operation }) => operation)
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    tags: tagsOf([...seen.keys()], descriptions),
    paths,
    components: {
      schemas: sorted({ ...schemas.components, ...errorSchemasOf(operations) }),
      responses: errorComponents(namesOf(operations)),
      ...(securitySchemes && { securitySchemes }),
    },
  }
}

function tagsOf(rpcs: readonly DescMethod[], descriptions: Descriptions): Schema[] {
  const services = new Set<DescService>(rpcs.map(({ parent }) => parent))
  return [...services].map((service) => ({
    name: service.name,
    description: commentOf(descriptions, service) || service.typeName,
  }))
}

/** Returns the names of the responses that operations refer to. */
function namesOf(operations: readonly Schema[]): ReadonlySet<string> {
  const references = operations.flatMap(({ responses }) => Object.values(responses as Schema))
  return new Set(
    references.map((one) => String((one as Schema).$ref).slice('#/components/responses/'.length)),
  )
}

function errorSchemasOf(operations: readonly Schema[]): Readonly<Record<string, Schema>> {
  const { StreamFailure, ...schemas } = errorSchemas
  const isUsed = JSON.stringify(operations).includes('#/components/schemas/StreamFailure')
  return isUsed && StreamFailure ? { ...schemas, StreamFailure } : schemas
}

function sorted(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const entries = Object.entries(schemas)
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}
