import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls'

/** Certificate and key of a port, in PEM. */
export interface TlsOptions {
  readonly certificate: string
  readonly key: string
  /**
   * Certificate authority of the clients, in PEM. When set, a client without a certificate of this
   * authority is refused.
   */
  readonly clientAuthority?: string
  /** True to refuse cleartext on the port. Default: true with `clientAuthority`, false without. */
  readonly isRequired?: boolean
}

/**
 * The TLS 1.2 suites that HTTP/2 allows (RFC 9113 §9.2.2), with ephemeral keys and authenticated
 * encryption, and all suites of TLS 1.3. HTTP/1.1 gets the same ones: its clients have supported
 * them for as long. Deno supports no others.
 */
const suites = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':')

/** Handles TLS on connections that begin with a TLS handshake. */
export interface TlsEngine {
  /**
   * Resolves to the decrypted connection after the handshake, with the protocol chosen by ALPN (RFC
   * 7301). Resolves to `undefined` when the handshake fails or times out.
   */
  handshake(socket: Socket): Promise<SecureConnection | undefined>
  /**
   * Uses these options from the next handshake on. Open connections continue. Throws when the
   * options are invalid, and keeps the earlier ones.
   */
  reload(options: TlsOptions): void
}

export interface SecureConnection {
  readonly socket: TLSSocket
  /** Protocol chosen by ALPN, or `undefined` when the client offered none. */
  readonly protocol: 'http1' | 'http2' | undefined
}

const protocols: Readonly<Record<string, SecureConnection['protocol']>> = {
  h2: 'http2',
  'http/1.1': 'http1',
}

/**
 * Creates an engine for connections whose first bytes were read before. The runtimes handle them as
 * new connections, so the client's address and port identify the connection of a handshake. Throws
 * when the certificate or the key is invalid.
 */
export function createTlsEngine(options: TlsOptions, handshakeTimeoutMs: number): TlsEngine {
  const waiting = new Map<string, (connection: SecureConnection) => void>()
  // Not `setSecureContext`: a new server for each certificate works the same on all runtimes.
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
