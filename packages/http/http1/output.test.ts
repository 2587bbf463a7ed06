import { expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { MemoryBudget } from '../memory/budget.ts'
import { Output } from './output.ts'

/** A socket that accepts a number of writes before it has to send them. */
function countingSocket(writesMax = Number.POSITIVE_INFINITY) {
  const written: string[] = []
  const socket = {
    isEnded: false,
    writableLength: 0,
    write(bytes: Uint8Array) {
      written.push(Buffer.from(bytes).toString('latin1'))
      return written.length < writesMax
    },
    end() {
      this.isEnded = true
    },
  }
  return { socket, written, asSocket: socket as unknown as Socket }
}

function createOutput(socket: Socket, onBlocked: () => void, queueBytesMax = 1_000): Output {
  const account = new MemoryBudget().open('')
  return new Output({ socket, account }, queueBytesMax, onBlocked)
}

test('pieces that are pushed before a flush are sent in one write', () => {
  const { written, asSocket } = countingSocket()
  const output = createOutput(asSocket, () => {})
  output.push('head\xff')
  output.push(Buffer.from('body'))
  output.push('')
  output.push('end')
  output.flush()
  output.flush()
  expect(written).toEqual(['head\xffbodyend'])
  expect(output.writtenBytes).toBe(12)
})

test('a long piece is sent in parts as the client reads, and then the end', async () => {
  const { socket, written, asSocket } = countingSocket(2)
  let blockedCount = 0
  const output = createOutput(asSocket, () => {
    blockedCount++
  })
  const long = Buffer.alloc(600_000, 'x')
  output.push('head')
  output.push(long)
  output.push('tail')
  output.end()
  expect(written.map(({ length }) => length)).toEqual([4, 256 * 1024])
  expect([output.isBlocked, output.hasRoom, output.isEnded, socket.isEnded]).toEqual([
    true,
    false,
    false,
    false,
  ])
  let hasRoom = false
  const room = output.drained().then(() => {
    hasRoom = true
  })
  output.onDrain()
  expect(written).toHaveLength(3)
  await Promise.resolve()
  expect(hasRoom).toBe(false)
  output.onDrain()
  output.onDrain()
  expect(written.join('')).toBe(`head${long.toString('latin1')}tail`)
  expect(blockedCount).toBe(4)
  expect(socket.isEnded).toBe(false)
  output.onDrain()
  await room
  expect([output.isEnded, socket.isEnded]).toEqual([true, true])
})

test('a caller that waits for room is released when the connection is closed', async () => {
  const { written, asSocket } = countingSocket(1)
  const output = createOutput(asSocket, () => {}, 10)
  output.push('x')
  output.flush()
  output.push('never sent')
  const room = output.drained()
  output.close()
  await room
  output.flush()
  expect(written).toEqual(['x'])
})
