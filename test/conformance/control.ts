import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Server } from '@marquee/http/server/serve'
import {
  type ServerCompatRequest,
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from '../../gen/connectrpc/conformance/v1/server_compat_pb.ts'
import { log, toText } from './app.ts'
import { readFrames, toFrame } from './frames.ts'

/**
 * Prints `control PORT`. A client that connects there sends a configuration, and gets the address
 * of the server for it. One process serves all configurations. Configurations that differ only in
 * irrelevant details share a port.
 */
export function answerConfigurations(
  open: (request: ServerCompatRequest) => Promise<Server>,
): void {
  const servers = new Map<string, Promise<Server>>()

  function serverFor(request: ServerCompatRequest): Promise<Server> {
    const { messageReceiveLimit, useTls, clientTlsCert } = request
    const key = JSON.stringify([messageReceiveLimit, useTls, toText(clientTlsCert)])
    const server = servers.get(key) ?? open(request)
    servers.set(key, server)
    return server
  }

  async function configure(socket: Socket): Promise<void> {
    for await (const request of readFrames(ServerCompatRequestSchema, socket)) {
      const { port } = await serverFor(request)
      const pemCert = request.serverCreds?.cert ?? new Uint8Array()
      socket.write(toFrame(ServerCompatResponseSchema, { host: '127.0.0.1', port, pemCert }))
    }
  }

  const control = createServer((socket) => {
    configure(socket).catch((error: unknown) => {
      log.error({ err: error }, 'a configuration cannot be served')
      socket.destroy()
    })
  })
  control.listen(0, '127.0.0.1', () => {
    const { port } = control.address() as AddressInfo
    process.stdout.write(`control ${port}\n`)
  })
}
