import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'

/** How a client continues a stream of responses that it has lost. */
export interface Resumption {
  /** Field of the request that continues a stream. */
  readonly field: DescField
  /** Returns the position after a response: `undefined` for an empty text, which is none. */
  idOf(response: Message): string | undefined
}

const start = /^resume_/
const scalars: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.STRING,
  ScalarType.INT32,
  ScalarType.INT64,
  ScalarType.UINT32,
  ScalarType.UINT64,
])

/**
 * Returns how a stream resumes, by the names of its fields: a response has `resume_token` or
 * `resume_revision`, a text or an integer; the request has a field of the same name, or
 * `since_token` or `since_revision`, of the same type. `undefined` for a method without these
 * fields, such as one whose streams begin with the current state.
 */
export function resumptionOf(rpc: DescMethod): Resumption | undefined {
  if (rpc.methodKind !== 'server_streaming') return undefined
  const position = rpc.output.fields.find((one) => start.test(one.name) && scalars.has(one.scalar))
  const field = position && requestField(rpc.input, position)
  if (position === undefined || field === undefined) return undefined
  return {
    field,
    idOf(response) {
      const text = String(reflect(rpc.output, response).get(position))
      // The end of the line ends an id (https://html.spec.whatwg.org/multipage/server-sent-events.html).
      return text === '' || /[\0\r\n]/.test(text) ? undefined : text
    },
  }
}

function requestField(input: DescMessage, { name, scalar }: DescField): DescField | undefined {
  const names = [name, name.replace(start, 'since_')]
  return input.fields.find((one) => names.includes(one.name) && one.scalar === scalar)
}
