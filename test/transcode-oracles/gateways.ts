import type { DescService } from '@bufbuild/protobuf'
import { mountConnect } from '@marquee/connect-hono/mount'
import { serve } from '@marquee/http/server/serve'
import { spawnProgram } from '@marquee/testing/process'
import { createTranscoding } from '@marquee/transcode/mount'
import { Hono } from 'hono'
import { echoOf } from './echo.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { services } from './services.ts'

/** Gateways that serve as oracles. */
export const oracleNames = ['gateway', 'vanguard'] as const
export type OracleName = (typeof oracleNames)[number]

/** The servers that are compared. Disposing stops them. */
export interface Gateways extends AsyncDisposable {
  /** Returns the client of `packages/transcode`. */
  ours(service: DescService): HttpClient
  readonly oracles: Readonly<Record<OracleName, HttpClient>>
}

/** Header that names the service of a request for the program in Go. */
export const serviceHeader = 'x-service'

/** @param program Path of the program that `buildOracles` built. */
export async function openGateways(program: string): Promise<Gateways> {
  await using opening = new AsyncDisposableStack()
  const own = new Map<DescService, HttpClient>()
  for (const service of services) {
    const server = opening.use(await serve({ app: appOf(service), port: 0, log: console }))
    own.set(service, opening.use(createHttpClient(server.port)))
  }
  const oracles = opening.use(await spawnProgram({ entry: program }))
  const [, ports = ''] = await oracles.waitForLine(/^ready (.*)$/m)
  const { gateway, vanguard } = JSON.parse(ports) as Record<OracleName, number>
  const clients = {
    gateway: opening.use(createHttpClient(gateway)),
    vanguard: opening.use(createHttpClient(vanguard)),
  }
  const opened = opening.move()
  return {
    ours: (service) => own.get(service) as HttpClient,
    oracles: clients,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Creates an app that serves one service, without validation, which the oracles do not have. */
function appOf(service: DescService): Hono {
  const app = new Hono()
  const onCallEnd = () => undefined
  const { add } = createTranscoding(app, { onCallEnd })
  const options = { onRpc: add, validate: () => undefined, onCallEnd }
  mountConnect(
    app,
    (router) => {
      for (const method of service.methods) router.rpc(method, echoOf(method) as never)
    },
    options,
  )
  return app
}
