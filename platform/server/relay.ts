import { connect, type Socket } from 'node:net'

/** A client's connection, relayed to a listener on loopback. */
export interface Relay {
  /** The client's IP address. */
  readonly remoteAddress: string
  /** Whether it is to close as soon as it is quiet. */
  readonly leaving: boolean
  /** Resolves when the client's connection has closed. */
  readonly closed: Promise<void>
  /** Counts a call as under way until the answered function is called. */
  begin(): () => void
  /** Closes the connection as soon as no call is under way and nothing has been sent for a moment. */
  leave(): void
  /** Takes no further byte of the client, and leaves. */
  stopReading(): void
  destroy(): void
}

export interface RelayOptions {
  readonly client: Socket
  /** The listener's port. */
  readonly port: number
  /** How long the connection may be without a call and without a byte of an answer, in milliseconds. */
  readonly idleTimeoutMs: number
  /** Told the local port of the connection to the listener, before the first byte is relayed. */
  onConnect(relay: Relay, localPort: number): void
}

/** How long a connection that is to leave may be quiet before it is closed, in milliseconds. */
const lingerMs = 250

export function createRelay({ client, port, idleTimeoutMs, onConnect }: RelayOptions): Relay {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  let calls = 0
  let leaving = false
  let quietTimer = watchQuiet(idleTimeoutMs)

  function watchQuiet(periodMs: number): ReturnType<typeof setInterval> {
    let bytesSent = client.bytesWritten
    return setInterval(() => {
      if (calls === 0 && client.writableLength === 0 && client.bytesWritten === bytesSent) destroy()
      bytesSent = client.bytesWritten
    }, periodMs)
  }
  function destroy(): void {
    client.destroy()
    upstream.destroy()
  }

  const relay: Relay = {
    remoteAddress: client.remoteAddress ?? '',
    get leaving() {
      return leaving
    },
    closed,
    begin() {
      calls++
      return () => {
        calls--
      }
    },
    leave() {
      if (leaving) return
      leaving = true
      clearInterval(quietTimer)
      quietTimer = watchQuiet(lingerMs)
    },
    stopReading() {
      client.unpipe(upstream).pause()
      relay.leave()
    },
    destroy,
  }
  // A connection that breaks is the client's matter: its call is told by the request's signal.
  client.on('error', destroy).once('close', () => {
    leaving = true
    clearInterval(quietTimer)
    upstream.destroy()
    resolve()
  })
  // A runtime may cut a request that it has answered; what it said still has to reach the client.
  upstream
    .on('error', () => {})
    .once('close', () => {
      client.end()
      relay.leave()
    })
  upstream.once('connect', () => {
    onConnect(relay, upstream.localPort ?? 0)
    client.pipe(upstream).pipe(client)
  })
  return relay
}
