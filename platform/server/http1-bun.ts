import type { PrivateHandle, PrivateServer } from './private-server.ts'

/** HTTP/1.1 by `Bun.serve`. The body's bound is the handler's, and a quiet stream is not cut. */
export function listenOnBun(handle: PrivateHandle): PrivateServer {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: (request, server) => handle(absolute(request), server.requestIP(request)?.port ?? 0),
  })
  return { port: server.port ?? 0, close: () => server.stop(true) }
}

/** Without a `Host` that it understands, as in HTTP/1.0, Bun tells the path alone. */
function absolute(request: Request): Request {
  if (!request.url.startsWith('/')) return request
  return new Request(new URL(request.url, 'http://localhost'), request)
}
