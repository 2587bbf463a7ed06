import { expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { ChunkPool, Outbox } from './outbox.ts'
import { frameType, writeFrameHeader } from './wire.ts'

const frameBytes = 20

function createOutbox() {
  const pool = new ChunkPool()
  return { pool, outbox: new Outbox(pool) }
}

/** Writes a DATA frame filled with a number. Returns its position. */
function write(outbox: Outbox, value: number, bytes = frameBytes): number {
  outbox.reserve(bytes)
  const { position } = outbox
  outbox.buffer.fill(value, outbox.offset, outbox.offset + bytes)
  writeFrameHeader(outbox.buffer, outbox.offset, bytes - 9, frameType.data, 0, 1)
  outbox.offset += bytes
  return position
}

function flush(outbox: Outbox): Buffer {
  const chunks: Buffer[] = []
  const write = (chunk: Buffer) => chunks.push(chunk) > 0
  outbox.flush({ write } as unknown as Socket)
  return Buffer.concat(chunks)
}

test('frames are flushed once, in order, from as many buffers as they need', () => {
  const { outbox } = createOutbox()
  for (let index = 0; index < 10_000; index++) write(outbox, index % 256)
  expect(outbox.bytes).toBe(200_000)
  const bytes = flush(outbox)
  expect(bytes.length).toBe(200_000)
  for (let index = 0; index < 10_000; index++) {
    expect(bytes[index * frameBytes + 10]).toBe(index % 256)
  }
  expect(outbox.bytes).toBe(0)
  expect(flush(outbox).length).toBe(0)
})

test('a frame larger than a buffer fits', () => {
  const { outbox } = createOutbox()
  write(outbox, 1)
  write(outbox, 2, 300_000)
  expect(flush(outbox).length).toBe(300_020)
})

test('a shared buffer keeps the bytes that are in it', () => {
  const { pool, outbox } = createOutbox()
  const other = new Outbox(pool)
  write(outbox, 1)
  const flushed: Buffer[] = []
  outbox.flush({ write: (chunk: Buffer) => flushed.push(chunk) > 0 } as unknown as Socket)
  write(other, 2)
  write(outbox, 3)
  expect(flush(other)[10]).toBe(2)
  expect(flush(outbox)[10]).toBe(3)
  expect(flushed[0]?.[10]).toBe(1)
})

test('bytes that the socket has sent are overwritten, bytes that it still holds are not', () => {
  const { outbox } = createOutbox()
  const flushed: Buffer[] = []
  const socket = (writableLength: number) => {
    const write = (chunk: Buffer) => flushed.push(chunk) > 0
    return { write, writableLength } as unknown as Socket
  }
  for (const [value, writableLength] of [
    [1, 0],
    [2, frameBytes],
    [3, 0],
    [4, frameBytes],
  ] as const) {
    write(outbox, value)
    outbox.flush(socket(writableLength))
  }
  expect(flushed.map((chunk) => chunk[10])).toEqual([2, 2, 4, 4])
  expect(new Set(flushed.map(({ buffer }) => buffer)).size).toBe(1)
})

test('full buffers are used again once the socket has sent them', () => {
  const { outbox } = createOutbox()
  const buffers = new Set<ArrayBufferLike>()
  const take = (chunk: Buffer) => buffers.add(chunk.buffer).size > 0
  for (let turn = 0; turn < 10; turn++) {
    for (let index = 0; index < 10; index++) write(outbox, index, 16_393)
    outbox.flush({ write: take, writableLength: 0 } as unknown as Socket)
  }
  expect(buffers.size).toBe(4)
})

test('an idle outbox holds no buffer', () => {
  const { outbox } = createOutbox()
  write(outbox, 1)
  flush(outbox)
  expect(outbox.buffer.length).toBe(0)
})

test('END_STREAM can be set on a frame until it is flushed', () => {
  const { outbox } = createOutbox()
  const flushed = write(outbox, 1)
  flush(outbox)
  const first = write(outbox, 1)
  for (let index = 0; index < 10_000; index++) write(outbox, 2)
  const last = write(outbox, 3)
  expect(outbox.endStreamAt(flushed)).toBe(false)
  expect(outbox.endStreamAt(first)).toBe(true)
  expect(outbox.endStreamAt(last)).toBe(true)
  const flags = Array.from(flush(outbox)).filter((_, index) => index % frameBytes === 4)
  expect(flags[0]).toBe(1)
  expect(flags.at(-1)).toBe(1)
  expect(flags.filter((one) => one === 1)).toHaveLength(2)
})
