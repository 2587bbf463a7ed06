import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Clock } from '@marquee/http/clock'
import type { Exchange, Respond } from '@marquee/http/exchange'
import type { Http1Limits } from '@marquee/http/http1/limits'
import { createHttp1Server, type Http1Server } from '../http/http1/server.ts'
import { waitFor } from './wait-for.ts'

/** An HTTP/1.1 engine on a port of loopback. */
export interface ListeningHttp1 extends AsyncDisposable {
  readonly engine: Http1Server
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

/** A client that sends what it is told, byte by byte (latin1). */
export interface RawClient extends Disposable {
  readonly socket: Socket
  send(text: string): void
  /** Ends its side. */
  end(): void
  /** All that has come. */
  received(): string
  /** Waits until what has come matches, and answers it. */
  until(pattern: RegExp): Promise<string>
  /** Waits until the server has ended its side or reset the connection, and answers what came. */
  ended(): Promise<string>
  /** Reads no more until it is told to. */
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
      const look = () => pattern.test(text)
      await waitFor(look, { what: `${pattern}`, intervalMs: 2 }).catch((cause: Error) => {
        throw new Error(`${cause.message}; there is ${JSON.stringify(text)}`, { cause })
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

/** Sends a text on a connection of its own, and answers what came until the server closed. */
export async function sendRaw(server: { readonly port: number }, text: string): Promise<string> {
  using client = await dialRaw(server)
  client.send(text)
  return await client.ended()
}

/** Takes the whole body of a request. */
export async function readBody({ body }: Exchange): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  while (!body.ended) {
    const piece = body.take()
    if (piece !== undefined) pieces.push(piece)
    else if (!body.ended) await body.ready()
  }
  return Buffer.concat(pieces)
}

/** Answers with a text. */
export function answer(exchange: Exchange, text: string, status = 200): void {
  exchange.respond(status, ['content-type', 'text/plain'])
  exchange.end(Buffer.from(text))
}

/** A request without a body. @param fields each with its line end. */
export const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`
/** A request with a body that has a length. */
export const post = (body: string, fields = '') =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n${fields}\r\n${body}`
/** The field by which a request is the last one. */
export const closing = 'connection: close\r\n'

/** Answers with the method, the target and the body. */
export async function echo(exchange: Exchange): Promise<void> {
  const body = await readBody(exchange)
  answer(exchange, `${exchange.method} ${exchange.target} ${body.toString('latin1')}`)
}

/** Head and body of the last answer. */
export function parts(text: string): { head: string; body: string } {
  const end = text.indexOf('\r\n\r\n')
  return { head: text.slice(0, end + 2), body: text.slice(end + 4) }
}

/** Answers as it is told, on a connection that closes. */
export async function answered(respond: (exchange: Exchange) => void, request = get('/', closing)) {
  await using server = await listenHttp1(respond)
  return parts(await sendRaw(server, request))
}

/** Waits until the count has not moved for a while. */
export async function standsStill(count: () => number): Promise<void> {
  let last = 0
  const stands = () => {
    const still = count() === last && last > 0
    last = count()
    return still
  }
  await waitFor(stands, { what: 'a count to stand still', intervalMs: 200 })
}
