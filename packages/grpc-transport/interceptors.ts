import type { DescMethod } from '@bufbuild/protobuf'
import { createContextValues, type Interceptor, type Transport } from '@connectrpc/connect'
import { createMethodUrl, runStreamingCall, runUnaryCall } from '@connectrpc/connect/protocol'

/** Wraps a transport in interceptors, the first one outermost. */
export function withInterceptors(
  transport: Transport,
  baseUrl: string,
  list: readonly Interceptor[],
): Transport {
  if (list.length === 0) return transport
  const interceptors = [...list]
  return {
    unary(method, signal, timeoutMs, header, message, contextValues = createContextValues()) {
      const request = { ...requestOf(baseUrl, method, header), method, message, contextValues }
      return runUnaryCall({
        interceptors,
        ...(signal ? { signal } : {}),
        ...(timeoutMs !== undefined && timeoutMs > 0 ? { timeoutMs } : {}),
        req: { ...request, stream: false },
        next: (req) =>
          transport.unary(req.method, req.signal, timeoutMs, req.header, req.message as never),
      })
    },
    stream(method, signal, timeoutMs, header, message, contextValues = createContextValues()) {
      const request = { ...requestOf(baseUrl, method, header), method, message, contextValues }
      return runStreamingCall({
        interceptors,
        ...(signal ? { signal } : {}),
        ...(timeoutMs !== undefined && timeoutMs > 0 ? { timeoutMs } : {}),
        req: { ...request, stream: true },
        next: (req) =>
          transport.stream(req.method, req.signal, timeoutMs, req.header, req.message as never),
      })
    },
  }
}

function requestOf(baseUrl: string, method: DescMethod, header: HeadersInit | undefined) {
  return {
    service: method.parent,
    requestMethod: 'POST',
    url: createMethodUrl(baseUrl, method),
    header: new Headers(header),
  }
}
