import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls'

/** What the port proves who it is with, in PEM. */
export interface TlsOptions {
  readonly certificate: string
  readonly key: string
  /** The authority of the clients: with it, whoever does not show a certificate of its is refused, and so is cleartext. */
  readonly clientAuthority?: string
  /** Whether cleartext is refused on the port. Default: only with `clientAuthority`. */
  readonly isRequired?: boolean
}

/**
 * The suites of TLS 1.2 that HTTP/2 allows (RFC 9113 §9.2.2): ephemeral keys and authenticated encryption. HTTP/1.1 gets no
 * others either, for its clients have had them for as long. Those of TLS 1.3 are all allowed. Deno has no others at all.
 */
const suites = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':')

/** Takes connections whose next bytes are a TLS hello. */
export interface TlsEngine {
  /**
   * Resolves with the connection in clear, once the client has said by ALPN (RFC 7301) what it speaks or left it open;
   * undefined when the handshake fails or takes too long.
   */
  handshake(socket: Socket): Promise<SecureConnection | undefined>
  /**
   * Uses these from the next handshake on; connections that are open go on. Throws when they cannot be used, and goes on
   * with the earlier ones.
   */
  reload(options: TlsOptions): void
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
  const waiting = new Map<string, (connection: SecureConnection) => void>()
  // Not `setSecureContext`: a server of its own for each certificate is the same on all runtimes.
  const open = (current: TlsOptions) =>
    openServer(current, handshakeTimeoutMs, (socket) => {
      const protocol = protocols[socket.alpnProtocol || '']
      waiting.get(peerOf(socket))?.({ socket, protocol })
    })
  let server = open(options)
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
    reload(current) {
      server = open(current)
    },
  }
}

function openServer(
  { certificate, key, clientAuthority }: TlsOptions,
  handshakeTimeout: number,
  onSecured: (socket: TLSSocket) => void,
): TlsServer {
  const server = createServer({
    cert: certificate,
    key,
    ciphers: suites,
    minVersion: 'TLSv1.2',
    // HTTP/2 forbids renegotiation (RFC 9113 §9.2.1).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ALPNProtocols: Object.keys(protocols),
    handshakeTimeout,
    ...(clientAuthority !== undefined && {
      ca: clientAuthority,
      requestCert: true,
      rejectUnauthorized: true,
    }),
  })
  return server.on('secureConnection', onSecured)
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
