import {
  type CallOptions,
  Code,
  createContextKey,
  createContextValues,
  type Transport,
} from '@connectrpc/connect'
import type { Span } from '@marquee/connect-hono/span'
import { ClientSpan } from './client-span.ts'
import { traceHeaders } from './trace-context.ts'

const causeKey = createContextKey<Span | undefined>(undefined, {
  description: 'the span that causes the call',
})

const none = {}

/** Returns options of a call that belongs to a span. They take effect in a traced transport. */
export function causedBy(span: Span | undefined): Pick<CallOptions, 'contextValues'> {
  return span === undefined ? none : { contextValues: createContextValues().set(causeKey, span) }
}

/**
 * Wraps a gRPC transport. A call with the options of `causedBy` gets a span of its own, and passes
 * it on to the service. Its retries belong to that span.
 * @param service name of the service in the registry.
 */
export function traceTransport(transport: Transport, service: string): Transport {
  return {
    unary(method, signal, timeoutMs, header, input, values) {
      const cause = values?.get(causeKey)
      if (cause === undefined) return transport.unary(method, signal, timeoutMs, header, input)
      const own = new ClientSpan(cause, method, 'grpc', service)
      const headers = withTrace(header, own.span)
      const response = transport.unary(method, signal, timeoutMs, headers, input)
      response.then(
        () => own.end(undefined),
        (error) => own.fail(error),
      )
      return response
    },
    async stream(method, signal, timeoutMs, header, input, values) {
      const cause = values?.get(causeKey)
      if (cause === undefined) return transport.stream(method, signal, timeoutMs, header, input)
      const own = new ClientSpan(cause, method, 'grpc', service)
      const headers = withTrace(header, own.span)
      // A caller that leaves may not read the messages to their end.
      signal?.addEventListener('abort', () => own.end(Code.Canceled), { once: true })
      try {
        const response = await transport.stream(method, signal, timeoutMs, headers, input)
        return { ...response, message: endWith(response.message, own) }
      } catch (error) {
        own.fail(error)
        throw error
      }
    },
  }
}

async function* endWith<T>(messages: AsyncIterable<T>, span: ClientSpan): AsyncGenerator<T> {
  try {
    yield* messages
    span.end(undefined)
  } catch (error) {
    span.fail(error)
    throw error
  }
}

function withTrace(header: HeadersInit = {}, span: Span): [string, string][] {
  const given = Symbol.iterator in header ? header : Object.entries(header)
  return [...(given as Iterable<[string, string]>), ...traceHeaders(span)]
}
