import type { Socket } from 'node:net'
import type { Exchange, Handle, PortLimits } from './port.ts'
import type { PrivateHandle, PrivateServer } from './private-server.ts'
import { createRelay, type Relay } from './relay.ts'

/** Speaks HTTP/1.1 on the connections it is given. */
export interface Http1Engine {
  accept(socket: Socket): void
  /** Asks clients to leave after the answer at hand, and resolves when all have left. */
  drain(): Promise<void>
  /** Cuts what is still open. */
  destroy(): Promise<void>
}

/** A shorter body that nobody reads is taken all the same, and the connection kept. */
const discardedBytesMax = 64 * 1024

/**
 * Relays connections to the runtime's own HTTP/1.1 server. A relay costs less on Bun than its `node:http`, and works on
 * all three runtimes. The private server refuses whoever does not come through a relay.
 */
export async function createHttp1Engine(handle: Handle, limits: PortLimits): Promise<Http1Engine> {
  const relays = new Set<Relay>()
  const relayOfPort = new Map<number, Relay>()
  let draining = false
  const server = await listenPrivately(async (request, peerPort) => {
    const relay = relayOfPort.get(peerPort)
    if (relay === undefined) return new Response(null, { status: 403 })
    const end = relay.begin()
    const response = await handle(request, createExchange(relay))
    if (isLong(request) && !request.bodyUsed) relay.stopReading()
    if (draining || relay.leaving) response.headers.set('connection', 'close')
    end()
    return response
  }, limits)
  return {
    accept(client) {
      const relay = createRelay({
        client,
        port: server.port,
        idleTimeoutMs: limits.idleTimeoutMs,
        onConnect(relay, localPort) {
          relayOfPort.set(localPort, relay)
          void relay.closed.then(() => relayOfPort.delete(localPort))
        },
      })
      relays.add(relay)
      void relay.closed.then(() => relays.delete(relay))
    },
    async drain() {
      draining = true
      for (const relay of relays) relay.leave()
      await Promise.all([...relays].map((relay) => relay.closed))
    },
    async destroy() {
      for (const relay of relays) relay.destroy()
      await server.close()
    },
  }
}

/** Whether a request's body is more than the runtime's server should take for nobody. */
function isLong({ headers }: Request): boolean {
  return (
    headers.has('transfer-encoding') || Number(headers.get('content-length')) > discardedBytesMax
  )
}

function createExchange(relay: Relay): Exchange {
  return {
    httpVersion: '1.1',
    remoteAddress: relay.remoteAddress,
    sendsTrailers: false,
    trailers: undefined,
    hold: () => relay.begin(),
    refuseBody: () => relay.stopReading(),
  }
}

async function listenPrivately(handle: PrivateHandle, limits: PortLimits): Promise<PrivateServer> {
  if (process.versions.bun) return (await import('./http1-bun.ts')).listenOnBun(handle)
  if ('Deno' in globalThis) return (await import('./http1-deno.ts')).listenOnDeno(handle)
  return (await import('./http1-node.ts')).listenOnNode(handle, limits)
}
