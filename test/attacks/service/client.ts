import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import type { Endpoint, Target } from './attack.ts'

/** Opens a connection whose client respects the server's windows. */
export async function openClient(endpoint: Endpoint): Promise<ClientHttp2Session> {
  const session = connect(`http://localhost:${endpoint.port}`, {
    createConnection: () => endpoint.dial(),
  })
  session.on('error', () => {})
  await once(session, 'connect')
  return session
}

export interface Upload {
  readonly path: string
  readonly body: Uint8Array
  /** Sends the body repeatedly. Default: once, and the request stays open. */
  readonly isEndless?: boolean
}

/** Time to wait until the service accepts more before the next check, in milliseconds. */
const patienceMs = 200

/** Sends a body on a new stream and leaves the request open until the attack ends. */
export async function upload(
  session: ClientHttp2Session,
  { path, body, isEndless = false }: Upload,
  { signal, saw }: Target,
): Promise<void> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => {})
  stream.resume()
  let status: string | undefined
  stream.on('response', (headers) => {
    status = `${headers['grpc-status'] ?? ''}`
  })
  stream.on('trailers', (trailers) => {
    status = `${trailers['grpc-status'] ?? status}`
  })
  let isFirst = true
  while (!signal.aborted && !stream.destroyed && !stream.closed) {
    if ((isFirst || isEndless) && !stream.writableNeedDrain) stream.write(body)
    else await delay(patienceMs, undefined, { signal }).catch(() => {})
    isFirst = false
  }
  saw(status === undefined ? (stream.destroyed ? 'reset' : 'pending') : `grpc ${status}`)
  stream.close()
}
