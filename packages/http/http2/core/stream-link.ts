import type { MemoryAccount } from '../../memory/account.ts'
import type { Http2Limits } from '../limits.ts'
import type { ReceiveWindow } from './receive-window.ts'
import type { Sender } from './send-queue.ts'
import type { Transmitter } from './transmitter.ts'

/** The parts of a connection that a stream uses. */
export interface StreamLink {
  readonly limits: Http2Limits
  readonly account: MemoryAccount
  readonly transmitter: Transmitter
  readonly receiveWindow: ReceiveWindow
  /** Resets a stream for a reason of ours. Does nothing when it is not open. */
  reset(stream: Sender, code: number, message: string): void
  /** Lets the peer send more when a reader waits and the window of the connection is spent. */
  relieve(): void
}
