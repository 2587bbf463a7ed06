import { once } from 'node:events'
import type { Socket } from 'node:net'

/**
 * Sends the same bytes repeatedly, as fast as the socket accepts them. Returns the number of times
 * that were sent before the connection ended.
 */
export async function flood(socket: Socket, bytes: Uint8Array, count: number): Promise<number> {
  const perWrite = Math.max(1, Math.floor(writeBytes / bytes.length))
  const many = Buffer.concat(Array.from({ length: Math.min(count, perWrite) }, () => bytes))
  let sent = 0
  while (sent < count && isOpen(socket)) {
    const times = Math.min(perWrite, count - sent)
    const goesOn = socket.write(many.subarray(0, times * bytes.length))
    sent += times
    if (!goesOn) await taken(socket)
  }
  return sent
}

const writeBytes = 64 * 1024

/** Returns whether the socket accepts more. */
export function isOpen(socket: Socket): boolean {
  return !socket.destroyed && socket.writable
}

/** Resolves when the socket accepts more, or has closed. */
export async function taken(socket: Socket): Promise<void> {
  if (!socket.writableNeedDrain || !isOpen(socket)) return
  const over = new AbortController()
  const { signal } = over
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(
    () => {},
  )
  over.abort()
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
