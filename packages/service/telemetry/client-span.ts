import type { DescMethod } from '@bufbuild/protobuf'
import { type Code, ConnectError } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { Span } from '@marquee/connect-hono/span'
import { rpcAttributes } from './call-tracing.ts'

/** Span of a call to another service. */
export class ClientSpan {
  readonly span: Span
  readonly #method: string
  readonly #protocol: string
  #hasEnded = false

  /** @param service name of the service in the registry. */
  constructor(cause: Span, { parent, name }: DescMethod, protocol: string, service: string) {
    this.#method = `${parent.typeName}/${name}`
    this.#protocol = protocol
    const attributes = { 'server.address': service }
    this.span = cause.startChild({ name: this.#method, kind: 'client', attributes })
  }

  /** Ends the span with the code of an error, or with success. Later calls have no effect. */
  end(code: Code | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const attributes = rpcAttributes(this.#protocol, this.#method, code)
    this.span.end({ attributes, error: code && codeToString(code) })
  }

  fail(error: unknown): void {
    this.end(ConnectError.from(error).code)
  }
}
