/**
 * A server for the official conformance suite: the suite's service, mounted as every service of the project is, on the
 * project's port. It prints `control PORT`; whoever connects there sends a configuration, and is answered where the
 * server listens for it. One process serves all configurations; those that differ in nothing that matters share a port.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createRegistry } from '@bufbuild/protobuf'
import { ConnectError } from '@connectrpc/connect'
import { pino } from 'pino'
import {
  type ServerCompatRequest,
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from '../../gen/connectrpc/conformance/v1/server_compat_pb.ts'
import {
  ConformanceService,
  file_connectrpc_conformance_v1_service,
} from '../../gen/connectrpc/conformance/v1/service_pb.ts'
import { createHealth } from '../../platform/process/health.ts'
import { createMetrics } from '../../platform/process/metrics.ts'
import { createServiceApp } from '../../platform/rpc/app.ts'
import { type Server, serve } from '../../platform/server/serve.ts'
import type { TlsOptions } from '../../platform/server/tls.ts'
import { moreCompressions } from './compressions.ts'
import { readFrames, toFrame } from './frames.ts'
import { conformance } from './service.ts'

const log = pino(
  {
    level: 'warn',
    hooks: {
      // Errors that a case asks for are none of ours.
      logMethod(args, method) {
        const [fields] = args as [unknown]
        const isAskedFor = (fields as { err?: unknown }).err instanceof ConnectError
        if (!isAskedFor) method.apply(this, args)
      },
    },
  },
  process.stderr,
)
const servers = new Map<string, Promise<Server>>()

function createApp(messageBytesMax: number) {
  return createServiceApp({
    log,
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
    limits: { messageBytesMax },
    compressions: moreCompressions,
    name: 'conformance',
    services: [ConformanceService],
    mount({ router }) {
      router.service(ConformanceService, conformance, {
        jsonOptions: { registry: createRegistry(file_connectrpc_conformance_v1_service) },
      })
    },
  })
}

function serverFor(request: ServerCompatRequest): Promise<Server> {
  const { messageReceiveLimit, useTls, clientTlsCert } = request
  const key = JSON.stringify([messageReceiveLimit, useTls, toText(clientTlsCert)])
  let server = servers.get(key)
  if (server === undefined) {
    server = serve({ app: createApp(messageReceiveLimit), port: 0, log, ...tlsOf(request) })
    servers.set(key, server)
  }
  return server
}

function tlsOf({ useTls, serverCreds, clientTlsCert }: ServerCompatRequest): { tls?: TlsOptions } {
  if (!useTls || serverCreds === undefined) return {}
  const certificate = toText(serverCreds.cert)
  const key = toText(serverCreds.key)
  const client = clientTlsCert.length > 0 && { clientAuthority: toText(clientTlsCert) }
  return { tls: { certificate, key, ...client } }
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
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
