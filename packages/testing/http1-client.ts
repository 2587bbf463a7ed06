import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Clock } from '@marquee/http/clock'
import type { Exchange, Respond } from '@marquee/http/exchange'
import type { Http1Limits } from '@marquee/http/http1/limits'
import type { Engine } from '../http/engine.ts'
import { createHttp1Server } from '../http/http1/server.ts'
import { waitFor } from './wait-for.ts'

/** An HTTP/1.1 server on a loopback port. */
export interface ListeningHttp1 extends AsyncDisposable {
  readonly engine: Engine
  readonly port: number
  readonly url: string
}

export async function listenHttp1(
  respond: Respond,
  limits: Partial<Http1Limits> = {},
  clock?: Clock,
): Promise<ListeningHttp1> {
  const engine = createHttp1Server({
    respond,
    limits: { sweepIntervalMs: 10, ...limits },
    ...(clock && { clock }),
  })
  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
    engine.accept(socket, 'http', socket.remoteAddress ?? ''),
  )
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return {
    engine,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      listener.close()
      engine.destroy()
    },
  }
}

/** A client that sends raw text byte by byte (latin1). */
export interface RawClient extends Disposable {
  readonly socket: Socket
  send(text: string): void
  /** Ends the client's side of the connection. */
  end(): void
  /** Returns all text received so far. */
  received(): string
  /** Waits until the received text matches, and returns it. */
  until(pattern: RegExp): Promise<string>
  /**
   * Waits until the server has ended its side or reset the connection, and returns the received
   * text.
   */
  ended(): Promise<string>
  /** Stops reading until `startReading`. */
  stopReading(): void
}

export async function dialRaw({ port }: { readonly port: number }): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  let text = ''
  let isOver = false
  const finish = () => {
    isOver = true
  }
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
  })
  socket.on('error', finish).on('end', finish).on('close', finish)
  await once(socket, 'connect')
  return {
    socket,
    send: (more) => void socket.write(Buffer.from(more, 'latin1')),
    end: () => void socket.end(),
    received: () => text,
    async until(pattern) {
      const matches = () => pattern.test(text)
      await waitFor(matches, { what: `${pattern}`, intervalMs: 2 }).catch((cause: Error) => {
        throw new Error(`${cause.message}; received ${JSON.stringify(text)}`, { cause })
      })
      return text
    },
    async ended() {
      await waitFor(() => isOver, { what: 'the server to close', intervalMs: 2 })
      return text
    },
    stopReading: () => void socket.pause(),
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

/** Sends a text on a new connection, and returns what was received until the server closed it. */
export async function sendRaw(server: { readonly port: number }, text: string): Promise<string> {
  using client = await dialRaw(server)
  client.send(text)
  return await client.ended()
}

/** Reads the whole body of a request. */
export async function readBody({ body }: Exchange): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  while (!body.ended) {
    const chunk = body.take()
    if (chunk !== undefined) chunks.push(chunk)
    else if (!body.ended) await body.ready()
  }
  return Buffer.concat(chunks)
}

/** Responds with a text. */
export function respondText(exchange: Exchange, text: string, status = 200): void {
  exchange.respond(status, ['content-type', 'text/plain'])
  exchange.end(Buffer.from(text))
}

/** Returns a request without a body. @param headers Header lines, each with its line end. */
export const get = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nhost: a\r\n${headers}\r\n`
/** Returns a request with a body and its content-length. */
export const post = (body: string, headers = '') =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`
/** Header that makes a request the last one of its connection. */
export const closing = 'connection: close\r\n'

/** Responds with the method, the target and the body. */
export async function echo(exchange: Exchange): Promise<void> {
  const body = await readBody(exchange)
  respondText(exchange, `${exchange.method} ${exchange.target} ${body.toString('latin1')}`)
}

/** Returns head and body of the last response. */
export function parts(text: string): { head: string; body: string } {
  const end = text.indexOf('\r\n\r\n')
  return { head: text.slice(0, end + 2), body: text.slice(end + 4) }
}

/** Makes a request on a connection that closes, and returns head and body of the response. */
export async function responseOf(
  respond: (exchange: Exchange) => void,
  request = get('/', closing),
) {
  await using server = await listenHttp1(respond)
  return parts(await sendRaw(server, request))
}

/** Waits until the count has not changed for a while. */
export async function untilStable(count: () => number): Promise<void> {
  let last = 0
  const isStable = () => {
    const still = count() === last && last > 0
    last = count()
    return still
  }
  await waitFor(isStable, { what: 'a count to stand still', intervalMs: 200 })
}
