import { Code, ConnectError, type ConnectRouter, createContextValues } from '@connectrpc/connect'
import type { UniversalHandler, UniversalServerResponse } from '@connectrpc/connect/protocol'
import { parseTimeout as parseConnectTimeout } from '@connectrpc/connect/protocol-connect'
import { parseTimeout as parseGrpcTimeout } from '@connectrpc/connect/protocol-grpc'
import type { Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { readRequest, toBodyStream } from './body.ts'
import { callKey, type Environment } from './call.ts'
import { toRestError } from './errors.ts'
import type { RpcLimits } from './limits.ts'
import { outcomeOf } from './outcome.ts'

export interface MountOptions {
  readonly limits: RpcLimits
  /** Ends the calls whose answers are streams when aborted, with its reason; nothing does unless told. */
  readonly drain?: AbortSignal
}

/**
 * Mounts the handlers of a Connect router on a Hono app, for gRPC, gRPC-Web and Connect. gRPC's trailers are left in
 * the exchange of the port; where there is none, as on an edge platform, gRPC is refused and the others work.
 */
export function mountRpc(
  app: Hono<Environment>,
  router: Pick<ConnectRouter, 'handlers'>,
  options: MountOptions,
): void {
  for (const handler of router.handlers) {
    app.all(handler.requestPath, (c) => answer(c, handler, options))
  }
}

async function answer(
  c: Context<Environment>,
  handler: UniversalHandler,
  options: MountOptions,
): Promise<Response> {
  const { raw } = c.req
  const exchange = c.env?.exchange
  const call = c.get('call')
  call.method = handler.requestPath.slice(1)
  call.protocol = protocolOf(raw.headers)
  if (call.protocol === 'grpc' && exchange?.sendsTrailers !== true) {
    return refuse(c, handler, 505)
  }
  const streams = handler.method.methodKind !== 'unary'
  const signal = AbortSignal.any([raw.signal, ...endsOf(handler, raw.headers, options)])
  const request = readRequest(raw, { signal, idleTimeoutMs: idleTimeoutOf(handler, options) })
  const response = await handler({
    httpVersion: exchange?.httpVersion ?? '1.1',
    url: raw.url,
    method: raw.method,
    header: raw.headers,
    body: request.body,
    signal,
    contextValues: createContextValues().set(callKey, call),
  })
  if (exchange !== undefined && call.protocol === 'grpc') exchange.trailers = response.trailer
  if (response.body === undefined && response.status !== 200) {
    exchange?.refuseBody()
    return refuse(c, handler, response.status)
  }
  if (streams) return answerStream(c, response, () => request.ended || exchange?.refuseBody())
  if (!request.ended) exchange?.refuseBody()
  return await answerUnary(c, response)
}

/**
 * What ends a call beside its client: its deadline, from the first byte of the request; the time a unary call may take;
 * and for an answer without an end, the end of the process.
 */
function endsOf(
  { method }: UniversalHandler,
  headers: Headers,
  { limits, drain }: MountOptions,
): AbortSignal[] {
  const timeoutMs = Math.min(
    clientTimeoutMs(headers) ?? Number.POSITIVE_INFINITY,
    method.methodKind === 'unary' ? limits.unaryTimeoutMs : Number.POSITIVE_INFINITY,
  )
  const ends = timeoutMs <= timerMsMax ? [AbortSignal.timeout(Math.ceil(timeoutMs))] : []
  const endless = method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming'
  return endless && drain !== undefined ? [...ends, drain] : ends
}

/** The longest time a timer takes: 2³¹ − 1 ms, some 25 days. */
const timerMsMax = 2 ** 31 - 1

/** The deadline that the client sets, in milliseconds; one that cannot be read is refused elsewhere. */
function clientTimeoutMs(headers: Headers): number | undefined {
  const connect = parseConnectTimeout(headers.get('connect-timeout-ms'), Number.MAX_SAFE_INTEGER)
  const grpc = parseGrpcTimeout(headers.get('grpc-timeout'), Number.MAX_SAFE_INTEGER)
  return connect.timeoutMs ?? grpc.timeoutMs
}

/** A conversation may pause; whoever only sends may not. */
function idleTimeoutOf({ method }: UniversalHandler, { limits }: MountOptions): number {
  return method.methodKind === 'bidi_streaming' ? timerMsMax : limits.bodyIdleTimeoutMs
}

/** The body of a unary answer is gathered: it is one message, and its length and outcome are known then. */
async function answerUnary(
  c: Context<Environment>,
  response: UniversalServerResponse,
): Promise<Response> {
  const call = c.get('call')
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body ?? []) chunks.push(chunk)
  call.code ??= outcomeOf({ ...response, lastChunk: chunks.at(-1) })
  const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
  return new Response(bytes as Uint8Array<ArrayBuffer>, toInit(response))
}

function answerStream(
  c: Context<Environment>,
  response: UniversalServerResponse,
  onEnd: () => void,
): Response {
  const call = c.get('call')
  const release = call.hold()
  const releaseConnection = c.env?.exchange?.hold()
  const body = toBodyStream(response.body ?? emptyBody(), (lastChunk, cancelled) => {
    call.code ??= cancelled ? Code.Canceled : outcomeOf({ ...response, lastChunk })
    release()
    releaseConnection?.()
    onEnd()
  })
  return new Response(body, toInit(response))
}

function toInit({ status, header }: UniversalServerResponse): ResponseInit {
  return header === undefined ? { status } : { status, headers: header }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** Refuses what is no call of the method, and says what would be. */
function refuse(c: Context<Environment>, handler: UniversalHandler, status: number): Response {
  const { requestPath, allowedMethods } = handler
  const type = c.req.header('content-type') ?? ''
  const reasons: Record<number, string> = {
    405: `${requestPath} takes ${allowedMethods.join(' and ')}, not ${c.req.method}`,
    415: `content type "${type}" is not one of application/json, application/proto, application/connect+…, application/grpc…`,
    505: `${requestPath} by this protocol needs HTTP/2`,
  }
  const call = c.get('call')
  const error = new ConnectError(reasons[status] ?? `HTTP status ${status}`, Code.Unimplemented)
  call.code = error.code
  call.error = error
  const response = toRestError(error, status as ContentfulStatusCode)
  if (status === 405) response.headers.set('allow', allowedMethods.join(', '))
  return response
}

function protocolOf(headers: Headers): string {
  const type = headers.get('content-type') ?? ''
  if (type.startsWith('application/grpc-web')) return 'grpc-web'
  return type.startsWith('application/grpc') ? 'grpc' : 'connect'
}
