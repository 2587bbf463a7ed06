import type { Socket } from 'node:net'
import type { MemoryAccount } from '../memory/account.ts'

/** A connection as it is accepted. */
export interface Arrival {
  readonly socket: Socket
  readonly scheme: 'http' | 'https'
  /** The client's IP address. */
  readonly remoteAddress: string
  /** Of what the client makes this process hold; closed by whoever opened it. */
  readonly account: MemoryAccount
}
