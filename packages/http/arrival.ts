import type { Socket } from 'node:net'
import type { MemoryAccount } from './memory/account.ts'

/** An accepted connection. */
export interface Arrival {
  readonly socket: Socket
  /** `https` behind TLS. */
  readonly scheme: 'http' | 'https'
  /** IP address of the client. */
  readonly remoteAddress: string
  /** Memory account of the client. Whoever opened it closes it. */
  readonly account: MemoryAccount
}
