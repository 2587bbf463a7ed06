import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { PortState } from './state.ts'

/**
 * Makes an HTTP/1.1 call on a new connection. Resolves with the body. Rejects when the status is
 * not 200, or after the timeout.
 */
export async function callOnce(
  port: number,
  target: string,
  { method = 'GET', timeoutMs = 10_000 } = {},
): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${target}: no response`)))
  try {
    await once(socket, 'connect')
    socket.write(`${method} ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    const response = await text(socket)
    const [, status, body] = /^HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n([\s\S]*)$/.exec(response) ?? []
    if (!status?.startsWith('2')) throw new Error(`${target}: ${status ?? `cut: "${response}"`}`)
    return body ?? ''
  } finally {
    socket.destroy()
  }
}

export async function readState(port: number): Promise<PortState> {
  return JSON.parse(await callOnce(port, '/state'))
}
