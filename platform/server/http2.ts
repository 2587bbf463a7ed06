import {
  createServer,
  constants as http2,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import { toBody, writeBody } from './body.ts'
import { type Exchange, type Handle, httpMethods, type PortLimits } from './port.ts'

/** Speaks HTTP/2 on the connections it is given. */
export interface Http2Engine {
  /** Takes a connection whose next bytes are the connection preface. */
  accept(socket: Socket): void
  /** Takes no further streams, and resolves when those at hand have ended (RFC 9113 §6.8). */
  drain(): Promise<void>
  /** Cuts what is still open. */
  destroy(): void
}

/** Header fields of one connection only, which HTTP/2 does not have (RFC 9113 §8.2.2). */
const connectionHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** Memory of a connection in megabytes. With the default of 10, Bun fails 60 answers of 200 KB at once. */
const sessionMegabytesMax = 1000

/** How long a draining connection waits for the answer to its PING. */
const pingTimeoutMs = 500

/**
 * How long a client that sends what nobody will read has for the whole answer, before it is told to stop (RFC 9113
 * §8.1). Some, as curl 7.88, lose an answer that comes together with the reset; the window bounds what they send.
 */
const refusalDelayMs = 100

export function createHttp2Engine(handle: Handle, limits: PortLimits): Http2Engine {
  const sessions = new Map<ServerHttp2Session, Socket>()
  const server = createServer({
    maxSessionMemory: sessionMegabytesMax,
    settings: {
      maxConcurrentStreams: limits.concurrentStreamsMax,
      initialWindowSize: limits.streamWindowBytes,
      maxHeaderListSize: limits.headerBytesMax,
    },
  })
  const keep = (session: ServerHttp2Session, socket: Socket) => {
    sessions.set(session, socket)
    session.once('close', () => sessions.delete(session))
    session.setTimeout(limits.idleTimeoutMs, () => session.close())
    // A broken connection is the client's matter; its streams are told by their own events.
    session.on('error', () => {})
  }
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    // One that the client has closed meanwhile cannot be answered any more.
    answer(stream, headers, handle).catch(() => stream.destroy())
  })
  return {
    accept(socket) {
      // Told before `emit` returns; the socket is what `session.socket` does not let one write to.
      server.once('session', (session) => keep(session, socket))
      server.emit('connection', socket)
      // Bun leaves a socket paused that was read before; on Node and Deno resuming it would lose bytes.
      if (process.versions.bun) socket.resume()
    },
    drain: () => drain(sessions),
    destroy() {
      for (const session of sessions.keys()) session.destroy()
    },
  }
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  handle: Handle,
): Promise<void> {
  const left = new AbortController()
  stream.once('close', () => left.abort(new DOMException('the client left', 'AbortError')))
  // A stream that the client resets is told by 'close'.
  stream.on('error', () => {})
  const exchange: Exchange = {
    httpVersion: '2',
    remoteAddress: stream.session?.socket?.remoteAddress ?? '',
    sendsTrailers: true,
    trailers: undefined,
    hold: () => () => {},
    // Whatever has not been read when the answer is complete is refused.
    refuseBody: () => {},
  }
  // A `Request` of Bun takes a method that it does not know for GET.
  const isKnown = httpMethods.has(headers[':method'] ?? '')
  let response: Response
  try {
    response = isKnown
      ? await handle(toRequest(stream, headers, left.signal), exchange)
      : new Response(null, { status: 501 })
  } catch {
    return void stream.close(http2.NGHTTP2_PROTOCOL_ERROR)
  }
  if (stream.destroyed) return void response.body?.cancel().catch(() => {})
  await respond(stream, response, exchange)
}

function toRequest(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
): Request {
  const method = headers[':method'] ?? 'GET'
  const authority = headers[':authority'] ?? headers.host ?? 'localhost'
  const init: RequestInit & { duplex: 'half' } = {
    method,
    headers: toHeaders(headers),
    signal,
    duplex: 'half',
  }
  if (method !== 'GET' && method !== 'HEAD') init.body = toBody(stream)
  // Such a method has no body here: what the client may send is not taken, and refused after the answer.
  else if (stream.endAfterHeaders) stream.resume()
  return new Request(`${headers[':scheme'] ?? 'http'}://${authority}${headers[':path']}`, init)
}

function toHeaders(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || name.startsWith(':')) continue
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one)
  }
  return headers
}

async function respond(
  stream: ServerHttp2Stream,
  response: Response,
  exchange: Exchange,
): Promise<void> {
  const { trailers } = exchange
  const status = { ':status': response.status }
  stream.respond(
    { ...status, ...toFields(response.headers) },
    { waitForTrailers: trailers !== undefined },
  )
  const refuseRest = () => {
    if (!stream.readableEnded) setTimeout(discard, refusalDelayMs, stream)
  }
  if (trailers === undefined) stream.once('finish', refuseRest)
  else {
    stream.once('wantTrailers', () => {
      stream.sendTrailers(toFields(trailers))
      refuseRest()
    })
  }
  try {
    if (response.body !== null) await writeBody(response.body, stream)
    stream.end()
  } catch {
    stream.close(http2.NGHTTP2_INTERNAL_ERROR)
  }
}

/** Tells the client to send no more of a request, and drops what it has sent: a stream with unread data never closes. */
function discard(stream: ServerHttp2Stream): void {
  stream.close(http2.NGHTTP2_NO_ERROR)
  stream.removeAllListeners('readable').resume()
}

function toFields(headers: Headers): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {}
  for (const [name, value] of headers) {
    if (connectionHeaders.has(name)) continue
    fields[name] = name === 'set-cookie' ? headers.getSetCookie() : value
  }
  return fields
}

async function drain(sessions: ReadonlyMap<ServerHttp2Session, Socket>): Promise<void> {
  await Promise.all(Array.from(sessions, drainSession))
}

/** A GOAWAY that refuses no stream yet: stream 0, the highest stream id, NO_ERROR (RFC 9113 §6.8). */
const goawayNotice = Buffer.from('0000080700000000007fffffff00000000', 'hex')

/**
 * Closes a connection in two steps (RFC 9113 §6.8): a GOAWAY that refuses nothing yet; a PING, after whose answer
 * the client is known to have seen it; then the GOAWAY that names the last stream taken.
 */
async function drainSession([session, socket]: [ServerHttp2Session, Socket]): Promise<void> {
  if (session.destroyed) return
  const closed = new Promise<void>((resolve) => session.once('close', resolve))
  // Not `session.goaway()`: after it, Node and Deno read no more from a connection without streams, and would see neither
  // a request that is on its way nor the answer to the PING.
  socket.write(goawayNotice)
  // A client that stops reading at the GOAWAY, as Node's own does without streams, never answers the PING.
  const unanswered = setTimeout(() => session.close(), pingTimeoutMs)
  const sent = session.ping(() => session.close())
  if (!sent) session.close()
  await closed
  clearTimeout(unanswered)
}
