import type { Socket } from 'node:net'
import { type MemoryAccount, memoryShares } from '../memory/account.ts'
import type { MemoryBudget } from '../memory/budget.ts'

/** What a connection is charged while it is open: measured on Bun, and rounded up. What comes on it is charged apart. */
export const connectionBytes = 8 * 1024
/** What TLS is charged on top: the buffers and the state of a session. */
export const tlsBytes = 32 * 1024

/** Opens the account of a connection, or closes the connection when its address has no more to spend. */
export function admit(memory: MemoryBudget, socket: Socket): MemoryAccount | undefined {
  const account = memory.open(socket.remoteAddress ?? '')
  if (!account.reserve(connectionBytes, memoryShares.connection)) {
    account.close()
    socket.destroy()
    return undefined
  }
  socket.once('close', () => {
    account.release(connectionBytes)
    account.close()
  })
  return account
}

/** Charges a connection for TLS; false when its address has no more to spend. */
export function admitTls(account: MemoryAccount, socket: Socket): boolean {
  const isAdmitted = !socket.destroyed && account.reserve(tlsBytes, memoryShares.connection)
  if (isAdmitted) socket.once('close', () => account.release(tlsBytes))
  return isAdmitted
}
