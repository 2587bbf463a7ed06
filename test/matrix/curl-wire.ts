import type { Readable } from 'node:stream'
import type { ConnectError } from '@connectrpc/connect'
import {
  type EnvelopedMessage,
  encodeEnvelope,
  transformSplitEnvelope,
} from '@connectrpc/connect/protocol'
import { endStreamFlag, endStreamFromJson } from '@connectrpc/connect/protocol-connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { trailerFlag, trailerParse } from '@connectrpc/connect/protocol-grpc-web'
import type { CallOptions, Protocol } from './client.ts'

/** Content types of JSON messages in envelopes. */
export const envelopeTypes: Readonly<Partial<Record<Protocol, string>>> = {
  grpc: 'application/grpc+json',
  'grpc-web': 'application/grpc-web+json',
  connect: 'application/connect+json',
}

/** Larger than any message of the matrix. */
const messageBytesMax = 1024 * 1024

/** Returns a message after its flags and length. */
export function toEnvelope(message: string): Uint8Array {
  return encodeEnvelope(0, Buffer.from(message))
}

export function readEnvelopes(source: Readable): AsyncIterable<EnvelopedMessage> {
  return transformSplitEnvelope(messageBytesMax)(source)
}

/** Returns the headers of a call. */
export function toFields(
  protocol: Protocol,
  contentType: string | undefined,
  { requestId, timeoutMs }: CallOptions,
): Record<string, string> {
  const fields: Record<string, string> = { 'x-request-id': requestId }
  if (contentType !== undefined) fields['content-type'] = contentType
  if (timeoutMs === undefined) return fields
  const connect = protocol === 'connect' || protocol === 'connect-get'
  if (connect) return { ...fields, 'connect-timeout-ms': String(timeoutMs) }
  return { ...fields, 'grpc-timeout': `${timeoutMs}m` }
}

/** Response that `curl --verbose` prints. Its headers include the trailers. */
export interface Answer {
  readonly status: number
  readonly fields: Headers
}

export function readAnswer(verbose: string): Answer {
  const status = Number(/^< HTTP\/[\d.]+ (\d+)/m.exec(verbose)?.[1])
  const fields = new Headers()
  for (const [, name = '', value = ''] of verbose.matchAll(/^< ([\w-]+): (.*?)\r?$/gm)) {
    fields.append(name, value)
  }
  return { status, fields }
}

/**
 * Returns the failure at the end of a response in envelopes, from the place where each protocol has
 * it.
 * @param end The envelope that is not a message. gRPC has none.
 */
export function failureOf(
  { status, fields }: Answer,
  end: EnvelopedMessage | undefined,
): ConnectError | undefined {
  if (status !== 200) throw new Error(`HTTP status ${status} instead of 200`)
  if (end?.flags === endStreamFlag) return endStreamFromJson(end.data).error
  const trailers = end?.flags === trailerFlag ? trailerParse(end.data) : fields
  if (!trailers.has('grpc-status')) throw new Error('the response ended without a status')
  return findTrailerError(trailers)
}
