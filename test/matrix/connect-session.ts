import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import type { CallOptions, Session } from './client.ts'

/** Creates a session on a transport of connect-es. */
export function createConnectSession(transport: Transport, close: () => void): Session {
  return {
    async unary(method, request, { signal, timeoutMs, ...rest }) {
      const header = toHeader(rest)
      const response = await transport.unary(method, signal, timeoutMs, header, request)
      return response.message
    },
    async *serverStream(method, request, { signal, timeoutMs, ...rest }) {
      const header = toHeader(rest)
      // Its streams continue after the reader stops, until they are cancelled.
      const left = new AbortController()
      const ended = AbortSignal.any([left.signal, ...(signal === undefined ? [] : [signal])])
      try {
        const response = await transport.stream(method, ended, timeoutMs, header, each([request]))
        yield* response.message
      } finally {
        left.abort()
      }
    },
    async clientStream(method, requests, { signal, timeoutMs, ...rest }) {
      const header = toHeader(rest)
      const response = await transport.stream(method, signal, timeoutMs, header, each(requests))
      for await (const message of response.message) return message
      throw new ConnectError('the stream ended without a response', Code.Unimplemented)
    },
    async [Symbol.asyncDispose]() {
      close()
    },
  }
}

function toHeader({ requestId }: Pick<CallOptions, 'requestId'>) {
  return { 'x-request-id': requestId }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}
