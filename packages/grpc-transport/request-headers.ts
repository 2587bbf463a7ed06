import type { DescMethod } from '@bufbuild/protobuf'
import type { HeaderList } from '@marquee/http/exchange'
import { LazyHeaders } from '@marquee/http/lazy-headers'
import type { ResolvedGrpcOptions } from './options.ts'

/** Headers that the protocol sets. Metadata of the same name is ignored. */
const reserved =
  /^(?:te|content-type|content-length|grpc-timeout|grpc-encoding|grpc-accept-encoding|connection|host|transfer-encoding|keep-alive|proxy-connection|upgrade)$/

/** Default `user-agent`. Metadata replaces it. */
const userAgent = 'grpc-marquee'

/** Maximum deadline, in milliseconds: the eight digits of `grpc-timeout`, over a day. */
export const timeoutMsMax = 99_999_999

/** Writes the headers of requests to one origin (gRPC over HTTP/2, "Requests"). */
export class RequestHeaderWriter {
  readonly #before: HeaderList
  readonly #protocol: HeaderList
  readonly #pathPrefix: string

  /** @param baseUrl its path becomes a prefix of the path of each method. */
  constructor(baseUrl: string, options: ResolvedGrpcOptions) {
    const { protocol, host, pathname } = new URL(baseUrl)
    this.#pathPrefix = pathname.replace(/\/+$/, '')
    this.#before = [':method', 'POST', ':scheme', protocol.slice(0, -1), ':authority', host]
    this.#protocol = protocolHeaders(options)
  }

  /**
   * Returns the headers of a request, pseudo-headers first. Throws a `TypeError` for metadata that
   * HTTP does not allow.
   */
  write(
    method: DescMethod,
    timeoutMs: number | undefined,
    metadata: HeadersInit | undefined,
  ): HeaderList {
    const path = `${this.#pathPrefix}/${method.parent.typeName}/${method.name}`
    const headers = [...this.#before, ':path', path, ...this.#protocol]
    if (metadata !== undefined) appendMetadata(headers, metadata)
    if (timeoutMs !== undefined) headers.push('grpc-timeout', `${timeoutMs}m`)
    return headers
  }
}

function protocolHeaders({
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

function appendMetadata(list: string[], metadata: HeadersInit): void {
  const headers = new LazyHeaders(list)
  for (const [name = '', value = ''] of entriesOf(metadata)) {
    const known = name.toLowerCase()
    if (known === 'user-agent') headers.set(known, value)
    else if (!reserved.test(known)) headers.append(known, value)
  }
}

function entriesOf(metadata: HeadersInit): Iterable<readonly string[]> {
  return Symbol.iterator in metadata ? metadata : Object.entries(metadata)
}
