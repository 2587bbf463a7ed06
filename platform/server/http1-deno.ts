import type { PrivateHandle, PrivateServer } from './private-server.ts'

/** The part of Deno's own API that is used here: https://docs.deno.com/api/deno/~/Deno.serve */
declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen(): void },
    handle: (request: Request, info: { remoteAddr: { port: number } }) => Promise<Response>,
  ): { readonly addr: { port: number }; shutdown(): Promise<void> }
}

/** HTTP/1.1 by `Deno.serve`. */
export function listenOnDeno(handle: PrivateHandle): PrivateServer {
  const server = Deno.serve(
    { hostname: '127.0.0.1', port: 0, onListen: () => {} },
    (request, info) => handle(request, info.remoteAddr.port),
  )
  return { port: server.addr.port, close: () => server.shutdown() }
}
