import { createRegistry } from '@bufbuild/protobuf'
import { ConnectError } from '@connectrpc/connect'
import { mountConnect } from '@marquee/connect-hono/mount'
import type { TlsOptions } from '@marquee/http/server/tls'
import { createApp } from '@marquee/service/app'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { pino } from 'pino'
import type { ServerCompatRequest } from '../../gen/connectrpc/conformance/v1/server_compat_pb.ts'
import {
  ConformanceService,
  file_connectrpc_conformance_v1_service,
} from '../../gen/connectrpc/conformance/v1/service_pb.ts'
import { moreCompressions } from './compressions.ts'
import { conformance } from './service.ts'

export const log = pino(
  {
    level: 'warn',
    hooks: {
      // Errors that a case requests are not our own.
      logMethod(args, method) {
        const [fields] = args as [unknown]
        const isAskedFor = (fields as { err?: unknown }).err instanceof ConnectError
        if (!isAskedFor) method.apply(this, args)
      },
    },
  },
  process.stderr,
)

/** The suite's service, mounted as every service of the project is. */
export function createConformanceApp(messageBytesMax: number) {
  const app = createApp('conformance', {
    log,
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
    // Cases have errors with exact details.
    givesReasons: false,
    limits: { messageBytesMax, unboundedMessageBytesMax: messageBytesMax },
  })
  mountConnect(app, (router) => router.service(ConformanceService, conformance), {
    ...app.rpcOptions,
    compressions: moreCompressions,
    jsonOptions: { registry: createRegistry(file_connectrpc_conformance_v1_service) },
  })
  return app
}

export function tlsOf({ useTls, serverCreds, clientTlsCert }: ServerCompatRequest): {
  tls?: TlsOptions
} {
  if (!useTls || serverCreds === undefined) return {}
  const certificate = toText(serverCreds.cert)
  const key = toText(serverCreds.key)
  const client = clientTlsCert.length > 0 && { clientAuthority: toText(clientTlsCert) }
  return { tls: { certificate, key, ...client } }
}

export function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
