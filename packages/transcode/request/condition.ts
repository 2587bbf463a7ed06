import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import type { ReflectMessage } from '@bufbuild/protobuf/reflect'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '@marquee/connect-hono/errors/rpc-reasons'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import type { EvaluatesCondition } from '@marquee/connect-hono/request/preconditions'

/**
 * Conditions of HTTP that a request message has fields for: `If-Match` is its field `string etag`,
 * and `If-None-Match: *` its field `bool must_not_exist`.
 */
export interface Conditions {
  /** Field of `If-Match`. */
  readonly etag: DescField | undefined
  /** Field of `If-None-Match: *`. */
  readonly mustNotExist: DescField | undefined
  readonly evaluates: EvaluatesCondition
  /** Sets the fields from the headers of a request. */
  assign(root: ReflectMessage, incoming: Incoming): void
}

/** Returns the conditions that RPCs with this request evaluate. */
export function conditionsOf(input: DescMessage): Conditions {
  const etag = fieldOf(input, 'etag', ScalarType.STRING)
  const mustNotExist = fieldOf(input, 'must_not_exist', ScalarType.BOOL)
  return {
    etag,
    mustNotExist,
    evaluates(header, value) {
      // Without any ETag, no version would match.
      if (header === 'if-match') return etag !== undefined && value.trim() !== ''
      return header === 'if-none-match' && mustNotExist !== undefined && value.trim() === '*'
    },
    assign(root, incoming) {
      const match = etag && incoming.header('if-match')?.trim()
      if (etag !== undefined && match) assignEtag(root, etag, match)
      if (mustNotExist !== undefined && incoming.header('if-none-match') !== undefined) {
        root.set(mustNotExist, true)
      }
    },
  }
}

function fieldOf({ fields }: DescMessage, name: string, scalar: ScalarType): DescField | undefined {
  return fields.find(
    (field) => field.name === name && field.fieldKind === 'scalar' && field.scalar === scalar,
  )
}

function assignEtag(root: ReflectMessage, field: DescField, value: string): void {
  if (root.isSet(field) && root.get(field) !== value) {
    const text = 'If-Match and the field etag differ: send one of them'
    const error = new ConnectError(text, Code.InvalidArgument)
    throw withReason(error, 'HEADER_INVALID', { header: 'if-match' })
  }
  root.set(field, value)
}
