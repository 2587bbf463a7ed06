import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'

/** What the port proves who it is with, in PEM. */
export interface TlsOptions {
  readonly certificate: string
  readonly key: string
  /** The authority of the clients: with it, whoever does not show a certificate of its is refused, and so is cleartext. */
  readonly clientAuthority?: string
}

/** Takes connections whose next bytes are a TLS hello. */
export interface TlsEngine {
  /**
   * Resolves with the connection in clear, once the client has said by ALPN (RFC 7301) what it speaks or left it open;
   * undefined when the handshake fails or takes too long.
   */
  handshake(socket: Socket): Promise<SecureConnection | undefined>
}

export interface SecureConnection {
  readonly socket: TLSSocket
  /** The protocol agreed on, or undefined when the client named none. */
  readonly protocol: 'http1' | 'http2' | undefined
}

const protocols: Readonly<Record<string, SecureConnection['protocol']>> = {
  h2: 'http2',
  'http/1.1': 'http1',
}

/**
 * Speaks TLS on connections that were looked at before: the runtimes take them as new ones, and the address of the
 * client tells which one a handshake belongs to. Throws when the certificate and the key cannot be used.
 */
export function createTlsEngine(options: TlsOptions, handshakeTimeoutMs: number): TlsEngine {
  const { certificate, key, clientAuthority } = options
  const waiting = new Map<string, (connection: SecureConnection) => void>()
  const server = createServer({
    cert: certificate,
    key,
    ALPNProtocols: Object.keys(protocols),
    handshakeTimeout: handshakeTimeoutMs,
    ...(clientAuthority !== undefined && {
      ca: clientAuthority,
      requestCert: true,
      rejectUnauthorized: true,
    }),
  })
  server.on('secureConnection', (socket) => {
    const protocol = protocols[socket.alpnProtocol || '']
    waiting.get(peerOf(socket))?.({ socket, protocol })
  })
  return {
    async handshake(socket) {
      const { promise, resolve } = Promise.withResolvers<SecureConnection | undefined>()
      const peer = peerOf(socket)
      const giveUp = () => resolve(undefined)
      const timer = setTimeout(giveUp, handshakeTimeoutMs)
      waiting.set(peer, resolve)
      socket.once('close', giveUp)
      server.emit('connection', socket)
      const secured = await promise
      clearTimeout(timer)
      waiting.delete(peer)
      socket.off('close', giveUp)
      if (secured === undefined) socket.destroy()
      return secured
    },
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
