import type { DescMethod } from '@bufbuild/protobuf'
import type { Fields } from '@marquee/http/exchange'
import { LightHeaders } from '@marquee/http/lazy-headers'
import type { ResolvedGrpcOptions } from './options.ts'

/** Fields that are the protocol's own: what a caller says of them does not count. */
const reserved =
  /^(?:te|content-type|content-length|grpc-timeout|grpc-encoding|grpc-accept-encoding|connection|host|transfer-encoding|keep-alive|proxy-connection|upgrade)$/

/** What the client calls itself, unless its caller says otherwise. */
const userAgent = 'grpc-marquee'

/** The latest deadline that the eight digits of `grpc-timeout` can tell in milliseconds: a little more than a day. */
export const timeoutMsMax = 99_999_999

/** Writes the heads of requests to one origin (gRPC over HTTP/2, "Requests"). */
export class RequestHeads {
  readonly #before: Fields
  readonly #protocol: Fields
  readonly #pathPrefix: string

  /** @param baseUrl whose path comes before that of the method. */
  constructor(baseUrl: string, options: ResolvedGrpcOptions) {
    const { protocol, host, pathname } = new URL(baseUrl)
    this.#pathPrefix = pathname.replace(/\/+$/, '')
    this.#before = [':method', 'POST', ':scheme', protocol.slice(0, -1), ':authority', host]
    this.#protocol = protocolFields(options)
  }

  /** The head of a request, pseudo-headers first. Throws a `TypeError` for metadata that cannot be sent. */
  write(
    method: DescMethod,
    timeoutMs: number | undefined,
    metadata: HeadersInit | undefined,
  ): Fields {
    const path = `${this.#pathPrefix}/${method.parent.typeName}/${method.name}`
    const head = [...this.#before, ':path', path, ...this.#protocol]
    if (metadata !== undefined) appendMetadata(head, metadata)
    if (timeoutMs !== undefined) head.push('grpc-timeout', `${timeoutMs}m`)
    return head
  }
}

function protocolFields({
  format,
  sendCompression,
  acceptCompression,
}: ResolvedGrpcOptions): string[] {
  const type = format === 'binary' ? 'application/grpc+proto' : 'application/grpc+json'
  const accepted = acceptCompression.map(({ name }) => name).join(',')
  return [
    ...['te', 'trailers', 'content-type', type, 'user-agent', userAgent],
    ...(sendCompression ? ['grpc-encoding', sendCompression.name] : []),
    ...(accepted ? ['grpc-accept-encoding', accepted] : []),
  ]
}

/** Adds what the caller set, checked. */
function appendMetadata(fields: string[], metadata: HeadersInit): void {
  const headers = new LightHeaders(fields)
  for (const [name = '', value = ''] of entriesOf(metadata)) {
    const known = name.toLowerCase()
    if (known === 'user-agent') headers.set(known, value)
    else if (!reserved.test(known)) headers.append(known, value)
  }
}

function entriesOf(metadata: HeadersInit): Iterable<readonly string[]> {
  return Symbol.iterator in metadata ? metadata : Object.entries(metadata)
}
