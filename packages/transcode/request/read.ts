import { create, type DescField, type Message } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import type { Rpc } from '@marquee/connect-hono/rpc'
import type { RpcCall } from '@marquee/connect-hono/rpc-call'
import type { Binding } from '../binding.ts'
import { type FieldPath, nameOf } from '../field-path.ts'
import { resumptionOf } from '../resumption.ts'
import { assign, assignHeader } from './assign.ts'
import { createReadBody } from './body.ts'
import { conditionsOf } from './condition.ts'
import { readLines } from './lines.ts'
import { fixedFieldsOf, type PathFields, pathFieldsOf } from './path-fields.ts'
import { assignQuery, type Taken } from './query.ts'

/**
 * Reads the request message of a call.
 * @param values Values of the path's variables.
 */
export type ReadRequest = (
  rpcCall: RpcCall,
  values: readonly string[],
) => Promise<Message> | AsyncIterable<Message>

/**
 * Creates the reader of the requests of a binding. The path, the query and the body set different
 * fields; where the body has a field of the path too, the path counts.
 */
export function createReadRequest(rpc: Rpc, binding: Binding, pathFields: PathFields): ReadRequest {
  const { body, variables } = binding
  const { input } = rpc.method
  const readBody = body === undefined ? undefined : createReadBody(rpc, binding)
  const conditions = conditionsOf(input)
  const fixed = fixedFieldsOf(input, pathFieldsOf(binding.template, pathFields))
  const taken = takenBy(
    binding,
    fixed.map(([field]) => field),
  )
  if (rpc.streamsRequests) {
    return (rpcCall) => {
      assignQuery(reflect(input), rpcCall.incoming.target, taken)
      return readLines(rpcCall)
    }
  }
  const resumption = resumptionOf(rpc.method)
  return async (rpcCall, values) => {
    const message = readBody === undefined ? create(input) : await readBody(rpcCall)
    const root = reflect(input, message)
    assignQuery(root, rpcCall.incoming.target, taken)
    for (const [index, path] of variables.entries()) {
      assign(root, path as FieldPath, [values[index] as string])
    }
    for (const [field, text] of fixed) assign(root, [field], [text])
    // A browser that connects again sends its first URL, so that the header is newer.
    const lastId = resumption && rpcCall.incoming.header('last-event-id')
    if (resumption && lastId) assignHeader(root, resumption.field, ['Last-Event-ID', lastId])
    conditions.assign(root, rpcCall.incoming)
    return message
  }
}

function takenBy({ body, variables }: Binding, fixed: readonly DescField[]): Taken {
  const taken = new Map(variables.map((path) => [nameOf(path), 'is in the path']))
  for (const { name } of fixed) taken.set(name, 'is set by the path')
  if (body === '*') taken.set('*', 'is not read, because the body has all fields')
  else if (body !== undefined) taken.set(body.name, 'is read from the body')
  return taken
}
