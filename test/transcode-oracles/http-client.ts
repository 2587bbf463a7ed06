import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A request as it is written on the connection. */
export interface RawRequest {
  readonly method: string
  /** Path and query, which no client normalizes. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

export interface RawResponse {
  readonly status: number
  /** Headers by name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** A client of one HTTP/1.1 server, which sends one request at a time. */
export interface HttpClient extends Disposable {
  send(request: RawRequest): Promise<RawResponse>
}

/** Maximum time for a response, in milliseconds. */
const timeoutMs = 20_000

export function createHttpClient(port: number): HttpClient {
  let socket: Socket | undefined
  return {
    async send(request) {
      if (socket === undefined || socket.destroyed || socket.readableEnded) {
        socket = connect({ port, host: '127.0.0.1', noDelay: true })
        socket.on('error', () => undefined)
        await once(socket, 'connect')
      }
      const response = await exchange(socket, request)
      if (response.headers.get('connection') === 'close') socket.destroy()
      return response
    },
    [Symbol.dispose]: () => void socket?.destroy(),
  }
}

function exchange(socket: Socket, request: RawRequest): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>()
  let received: Buffer = Buffer.alloc(0)
  const fail = (reason: string) => {
    const { method, target } = request
    socket.destroy()
    reject(new Error(`${method} ${target}: ${reason}; received ${received.toString('latin1')}`))
  }
  const timer = setTimeout(fail, timeoutMs, 'no response in time')
  const onData = (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    const response = parseResponse(received, request.method)
    if (response !== undefined) resolve(response)
  }
  const onClose = () => fail('the connection was closed')
  socket.on('data', onData).on('close', onClose)
  socket.write(toBytes(request))
  return promise.finally(() => {
    clearTimeout(timer)
    socket.off('data', onData).off('close', onClose)
  })
}

function toBytes({ method, target, headers, body }: RawRequest): Buffer {
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  const lines = Object.entries({ host: 'localhost', ...headers, ...length })
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${fields}\r\n`, 'utf8')
  return Buffer.concat([head, body ?? Buffer.alloc(0)])
}

/** Returns `undefined` until the whole response is there. */
function parseResponse(received: Buffer, method: string): RawResponse | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [first = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(first.split(' ')[1])
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const rest = received.subarray(headEnd + 4)
  const isEmpty = method === 'HEAD' || status === 204 || status === 304
  if (isEmpty) return { status, headers, body: Buffer.alloc(0) }
  const isChunked = headers.get('transfer-encoding') === 'chunked'
  const body = isChunked ? dechunk(rest) : bodyOf(rest, Number(headers.get('content-length') ?? 0))
  return body && { status, headers, body }
}

function bodyOf(rest: Buffer, length: number): Buffer | undefined {
  return rest.length >= length ? rest.subarray(0, length) : undefined
}

function dechunk(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const length = Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (length === 0) {
      const end = rest.subarray(lineEnd).indexOf('\r\n\r\n')
      return end < 0 ? undefined : Buffer.concat(chunks)
    }
    if (rest.length < start + length + 2) return undefined
    chunks.push(rest.subarray(start, start + length))
    at = start + length + 2
  }
}
