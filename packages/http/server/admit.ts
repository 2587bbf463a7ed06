import type { Socket } from 'node:net'
import { type MemoryAccount, memoryShares } from '../memory/account.ts'
import type { MemoryBudget } from '../memory/budget.ts'

/**
 * Memory charged for an open connection, in bytes: measured on Bun and rounded up. Its data is
 * charged separately.
 */
export const connectionBytes = 8 * 1024
/** Memory charged for TLS on top, in bytes: the buffers and the state of a session. */
export const tlsBytes = 32 * 1024

/**
 * Opens the account of a connection. Closes the connection and returns `undefined` when its address
 * has used up its memory.
 */
export function admit(memory: MemoryBudget, socket: Socket): MemoryAccount | undefined {
  const account = memory.open(socket.remoteAddress ?? '')
  if (!account.reserve(connectionBytes, memoryShares.connection)) {
    account.close()
    socket.destroy()
    return undefined
  }
  // Not `once`, which takes more memory. A socket closes once.
  socket.on('close', () => {
    account.release(connectionBytes)
    account.close()
  })
  return account
}

/** Charges a connection for TLS. Returns `false` when its address has used up its memory. */
export function admitTls(account: MemoryAccount, socket: Socket): boolean {
  const isAdmitted = !socket.destroyed && account.reserve(tlsBytes, memoryShares.connection)
  if (isAdmitted) socket.once('close', () => account.release(tlsBytes))
  return isAdmitted
}
