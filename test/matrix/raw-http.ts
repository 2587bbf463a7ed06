import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpVersion } from './client.ts'

/** Maximum time of an exchange, in milliseconds. */
const exchangeTimeoutMs = 20_000

export interface RawRequest {
  readonly http: HttpVersion
  readonly verb: string
  readonly path: string
  readonly fields?: Readonly<Record<string, string>>
  /**
   * Chunks that are sent one by one, each when the service has read the one before, until it has
   * responded.
   */
  readonly body?: Iterable<Uint8Array>
}

export interface RawResponse {
  readonly status: number
  /** Headers and trailers. */
  readonly fields: Headers
  readonly body: Buffer
  /** Bytes of the request body that were sent. */
  readonly sentBytes: number
}

/**
 * Sends what no client would, and reads the response, which may arrive before the request has
 * ended.
 */
export function exchange(url: string, request: RawRequest): Promise<RawResponse> {
  return request.http === '2' ? exchangeByHttp2(url, request) : exchangeByHttp1(url, request)
}

/** Sends the first chunk of a request body, and disconnects once the request has started. */
export async function leaveAmid(
  url: string,
  request: RawRequest,
  begun: () => Promise<unknown>,
): Promise<void> {
  const { verb, path, fields, body = [] } = request
  const [piece = Buffer.from(' ')] = body
  if (request.http === '2') {
    const session = connectHttp2(url)
    const stream = session.request({ ':method': verb, ':path': path, ...fields })
    stream.on('error', () => {})
    await write(stream, piece)
    await begun()
    // Not `stream.close()`, which ends the body before it resets the stream.
    session.destroy()
    return
  }
  const { hostname, port, host } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  const length = { 'content-length': String(piece.length + 1) }
  await write(socket, toHead(verb, path, { host, ...length, ...fields }))
  await write(socket, piece)
  await begun()
  socket.destroy()
}

async function exchangeByHttp2(url: string, request: RawRequest): Promise<RawResponse> {
  const { verb, path, fields: sent, body } = request
  const session = connectHttp2(url)
  const stream = session.request({ ':method': verb, ':path': path, ...sent }, { endStream: !body })
  stream.setTimeout(exchangeTimeoutMs, () => stream.destroy(new Error(`no response to ${path}`)))
  const fields = new Headers()
  let status = 0
  const take = (received: IncomingHttpHeaders) => {
    for (const [name, value] of Object.entries(received)) {
      if (name === ':status') status = Number(value)
      else if (!name.startsWith(':')) fields.set(name, String(value))
    }
  }
  const chunks: Buffer[] = []
  stream
    .on('response', take)
    .on('trailers', take)
    .on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = closeOf(stream)
  let sentBytes = 0
  for (const chunk of body ?? []) {
    if (!(await Promise.race([write(stream, chunk), closed]))) break
    sentBytes += chunk.length
  }
  if (body && !stream.closed) stream.end()
  await closed
  session.destroy()
  return { status, fields, body: Buffer.concat(chunks), sentBytes }
}

async function exchangeByHttp1(url: string, request: RawRequest): Promise<RawResponse> {
  const { hostname, port, host } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.setTimeout(exchangeTimeoutMs, () => socket.destroy(new Error('no response')))
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = closeOf(socket)
  const { verb, path, fields: given, body } = request
  const framing = body && { 'transfer-encoding': 'chunked' }
  const fields = { host, connection: 'close', ...framing, ...given }
  socket.write(toHead(verb, path, fields))
  let sentBytes = 0
  for (const chunk of body ?? []) {
    const framed = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, crlf])
    if (!(await Promise.race([write(socket, framed), closed]))) break
    sentBytes += chunk.length
  }
  if (body && !socket.destroyed) socket.write('0\r\n\r\n')
  await closed
  return { ...parseHttp1(Buffer.concat(chunks)), sentBytes }
}

/**
 * Resolves with false when the connection is closed. A service that reads no more of a request may
 * close it after the response.
 */
function closeOf(connection: Duplex): Promise<false> {
  connection.on('error', () => {})
  return new Promise((resolve) => connection.once('close', () => resolve(false)))
}

/** Resolves with whether the bytes were sent. */
function write(connection: Duplex, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => connection.write(bytes, (error) => resolve(!error)))
}

function toHead(verb: string, path: string, fields: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${verb} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

const crlf = Buffer.from('\r\n')

function parseHttp1(response: Buffer): Omit<RawResponse, 'sentBytes'> {
  const end = response.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = response.subarray(0, end).toString('latin1').split('\r\n')
  const fields = new Headers()
  for (const line of lines) fields.append(line.split(': ', 1).join(), line.replace(/^.*?: /, ''))
  const body = response.subarray(end + 4)
  const chunked = fields.get('transfer-encoding') === 'chunked'
  return { status: Number(statusLine.split(' ')[1]), fields, body: chunked ? unchunk(body) : body }
}

/** Returns the data of a chunked body (RFC 9112 §7.1). */
function unchunk(body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.subarray(at, lineEnd).toString(), 16)
    if (!(length > 0)) break
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + length))
    at = lineEnd + 2 + length + 2
  }
  return Buffer.concat(chunks)
}
