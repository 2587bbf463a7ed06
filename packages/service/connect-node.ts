import { createServer as createHttp1Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { DescService } from '@bufbuild/protobuf'
import { Code, ConnectError, type ConnectRouter, type Interceptor } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import { connectNodeAdapter, universalResponseToNodeResponse } from '@connectrpc/connect-node'
import { bounded } from '@marquee/connect-hono/errors/text'
import { Health as HealthService } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { addHealth } from '@marquee/connect-hono/health'
import { addReflection } from '@marquee/connect-hono/reflection'
import type { RpcRouter } from '@marquee/connect-hono/router'
import type { Validate } from '@marquee/connect-hono/validation'
import type { ServiceApp } from './app.ts'
import type { AuthOptions } from './flags/auth.ts'
import type { CallLog } from './logs/call-log.ts'
import type { Health } from './process/health.ts'
import { describe } from './reasons.ts'

type NodeHandler = ReturnType<typeof connectNodeAdapter>
type NodeServerRequest = Parameters<NodeHandler>[0]
type NodeServerResponse = Parameters<NodeHandler>[1]

export interface ConnectNodeOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Responds to everything that is not an RPC: REST and probes. */
  readonly app: ServiceApp
  /** Registers the services, as for `mountConnect`. */
  readonly routes: (router: ConnectRouter) => unknown
  /** The services of the routes, for reflection and health. */
  readonly services: readonly DescService[]
  readonly health: Health
  readonly log: CallLog
  /** Has to be without issuers: these handlers verify no tokens. */
  readonly auth: AuthOptions
  /** Has to be 1: these handlers cannot share their port. */
  readonly workers: number
}

/** A server of Connect's own handlers. Disposing it closes its connections at once. */
export interface ConnectNodeServer extends AsyncDisposable {
  readonly url: string
}

/**
 * Serves a service through `@connectrpc/connect-node`, by HTTP/1.1 and HTTP/2 on one port in
 * cleartext. RPCs are validated and logged. Tokens, admission, the memory budget, heartbeats, TLS and the
 * limits of a message exist only in `serve` of `@marquee/http`.
 */
export async function serveConnectNode(options: ConnectNodeOptions): Promise<ConnectNodeServer> {
  const { app, routes, services, health, log, host, port, auth, workers } = options
  if (workers > 1) {
    throw new Error('connect-node.ts runs in one process: leave out --workers, or start main.ts')
  }
  if (auth.tokens !== undefined) {
    throw new Error('connect-node.ts verifies no tokens: leave out --auth-issuer, or start main.ts')
  }
  const handler = connectNodeAdapter({
    routes(router) {
      routes(router)
      // Connect's router ignores the options that only ours has.
      addReflection(router as RpcRouter, [...services, HealthService])
      addHealth(router as RpcRouter, health, services)
    },
    interceptors: [createLogging(log), createValidation(app.rpcOptions.validate)],
    fallback: (request, response) => void respondByApp(app, request, response),
  })
  const http1 = createHttp1Server(handler)
  const http2 = createHttp2Server(handler)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket))
    socket.once('readable', () => {
      const head: Buffer | null = socket.read()
      if (head === null) return
      socket.unshift(head)
      // The preface of HTTP/2 (RFC 9113 §3.4). No request line of HTTP/1.1 starts like it.
      const isHttp2 = head.subarray(0, 3).toString('latin1') === 'PRI'
      ;(isHttp2 ? http2 : http1).emit('connection', socket)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function respondByApp(
  app: ServiceApp,
  request: NodeServerRequest,
  response: NodeServerResponse,
): Promise<void> {
  try {
    const { status, headers, body } = await app.fetch(toRequest(request))
    const header = new Headers(headers)
    // Headers of one HTTP/1.1 connection (RFC 9113 §8.2.2).
    for (const name of ['connection', 'keep-alive', 'transfer-encoding']) header.delete(name)
    await universalResponseToNodeResponse({ status, header, ...(body && { body }) }, response)
  } catch {
    response.destroy()
  }
}

function toRequest(request: NodeServerRequest): Request {
  const { method = 'GET', url = '/' } = request
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !name.startsWith(':')) headers.set(name, String(value))
  }
  const init: RequestInit & { duplex?: 'half' } = { method, headers }
  if (method !== 'GET' && method !== 'HEAD') {
    init.body = Readable.toWeb(request as Readable) as unknown as BodyInit
    init.duplex = 'half'
  }
  const authority = request.headers[':authority'] ?? request.headers.host ?? 'localhost'
  return new Request(new URL(url, `http://${String(authority)}`), init)
}

/** Validates requests. The handler of a client stream judges its messages itself. */
function createValidation(validate: Validate): Interceptor {
  return (next) => (request) => {
    const { method } = request
    if (!request.stream) {
      const violation = validate(method.input, request.message)
      if (violation !== undefined) throw violation
      return next(request)
    }
    if (method.methodKind !== 'server_streaming') return next(request)
    const validated = validateAll(validate, method.input, request.message)
    return next({ ...request, message: validated })
  }
}

async function* validateAll<T extends Parameters<Validate>[1]>(
  validate: Validate,
  input: Parameters<Validate>[0],
  messages: AsyncIterable<T>,
): AsyncGenerator<T> {
  for await (const message of messages) {
    const violation = validate(input, message)
    if (violation !== undefined) throw violation
    yield message
  }
}

function createLogging(log: CallLog): Interceptor {
  return (next) => async (request) => {
    const { header, method, signal } = request
    const requestId = header.get('x-request-id') ?? crypto.randomUUID()
    const protocol = protocolOf(header.get('content-type'))
    const call = { requestId, protocol, method: `${method.parent.typeName}/${method.name}` }
    const end = (thrown?: unknown) => {
      const error = signal.aborted ? abortError(signal) : thrown && ConnectError.from(thrown)
      const outcome = error instanceof ConnectError ? failureOf(error) : { code: 'ok' }
      log.info({ ...call, ...outcome }, 'call')
    }
    try {
      const response = await next(request)
      if (response.stream) return { ...response, message: withEnd(response.message, signal, end) }
      end()
      return response
    } catch (error) {
      end(error)
      throw described(error)
    }
  }
}

/** Connect's handlers convert other errors themselves. */
function described(error: unknown): unknown {
  return error instanceof ConnectError ? describe(bounded(error)) : error
}

/** A handler may return when its signal is aborted. Connect would report that as success. */
async function* withEnd<T>(
  messages: AsyncIterable<T>,
  signal: AbortSignal,
  end: (thrown?: unknown) => void,
) {
  let thrown: unknown
  try {
    yield* messages
    if (signal.aborted) throw abortError(signal)
  } catch (error) {
    thrown = error
    throw described(error)
  } finally {
    end(thrown)
  }
}

/** Returns why a call was aborted: its deadline has passed, or its client has left. */
function abortError({ reason }: AbortSignal): ConnectError {
  const error = ConnectError.from(reason)
  if (error.code === Code.DeadlineExceeded) return error
  return new ConnectError('the client has left', Code.Canceled, undefined, undefined, reason)
}

function failureOf({ code, rawMessage }: ConnectError) {
  return { code: codeToString(code), reason: rawMessage }
}

function protocolOf(contentType: string | null): string {
  if (contentType?.startsWith('application/grpc-web')) return 'grpc-web'
  return contentType?.startsWith('application/grpc') ? 'grpc' : 'connect'
}
