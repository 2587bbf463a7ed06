import type { Socket } from 'node:net'

/** A connection as it is accepted. */
export interface Arrival {
  readonly socket: Socket
  readonly scheme: 'http' | 'https'
  /** The client's IP address. */
  readonly remoteAddress: string
}
