import type { Socket } from 'node:net'

/** Protocol of a connection. */
export type Protocol = 'http1' | 'http2' | 'tls'

/** Part of the HTTP/2 preface that cannot begin an HTTP/1.1 request (RFC 9113 §3.4). */
const http2Preface = Buffer.from('PRI * HTTP/2.0\r\n\r\n', 'latin1')
/** Content type of a TLS handshake record (RFC 8446 §5.1). */
const tlsHandshake = 0x16

/**
 * Returns the protocol that begins with these bytes, or `undefined` when they are too few to
 * decide.
 */
export function recognise(bytes: Uint8Array): Protocol | undefined {
  if (bytes.length === 0) return undefined
  if (bytes[0] === tlsHandshake) return 'tls'
  const length = Math.min(bytes.length, http2Preface.length)
  if (http2Preface.compare(bytes, 0, length, 0, length) !== 0) return 'http1'
  return bytes.length >= http2Preface.length ? 'http2' : undefined
}

/**
 * Detects the protocol of a new connection from its first bytes, which stay readable. Resolves to
 * `undefined` when the client closes, or does not send enough bytes within `timeoutMs`.
 */
export function sniff(socket: Socket, timeoutMs: number): Promise<Protocol | undefined> {
  const { promise, resolve } = Promise.withResolvers<Protocol | undefined>()
  let seen: Buffer = Buffer.alloc(0)
  const finish = (protocol: Protocol | undefined) => {
    clearTimeout(timer)
    socket.off('readable', read).off('close', giveUp).off('error', giveUp).off('end', giveUp)
    // Not `pause()` and a 'data' listener: on Bun the bytes put back would be lost.
    if (seen.length > 0) socket.unshift(seen)
    resolve(protocol)
  }
  const read = () => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
    const protocol = recognise(seen)
    if (protocol !== undefined) finish(protocol)
  }
  const giveUp = () => finish(undefined)
  const timer = setTimeout(giveUp, timeoutMs)
  socket.on('readable', read).on('close', giveUp).on('error', giveUp).on('end', giveUp)
  return promise
}
