import { expect, test } from 'bun:test'
import { array, assert, integer, property, record, uint8Array } from 'fast-check'
import { toFrame } from '../testing/frames-peer.ts'
import { ConnectionError } from './errors.ts'
import { FrameReader } from './reader.ts'

type Read = [type: number, flags: number, streamId: number, payload: Buffer]

function read(chunks: readonly Buffer[]): { frames: Read[]; reader: FrameReader } {
  const frames: Read[] = []
  const reader = new FrameReader({
    onFrame: (type, flags, streamId, bytes, start, end) =>
      frames.push([type, flags, streamId, Buffer.from(bytes.subarray(start, end))]),
  })
  for (const chunk of chunks) reader.push(chunk)
  return { frames, reader }
}

const anyFrame = record({
  type: integer({ min: 0, max: 255 }),
  flags: integer({ min: 0, max: 255 }),
  streamId: integer({ min: 0, max: 0x7fff_ffff }),
  payload: uint8Array({ maxLength: 300 }),
})

test('frames are the same however their bytes are split', () => {
  const splits = array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 })
  assert(
    property(array(anyFrame, { maxLength: 8 }), splits, (sent, sizes) => {
      const wanted = sent.map(
        ({ type, flags, streamId, payload }): Read => [type, flags, streamId, Buffer.from(payload)],
      )
      const bytes = Buffer.concat(wanted.map((frame) => toFrame(...frame)))
      const chunks: Buffer[] = []
      for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1
        chunks.push(Buffer.from(bytes.subarray(offset, offset + size)))
        offset += size
      }
      const { frames, reader } = read(chunks)
      expect(frames).toEqual(wanted)
      expect(reader.partialType).toBeUndefined()
    }),
  )
})

test('a frame within one chunk is not copied', () => {
  const chunk = toFrame(0, 0, 1, Buffer.from('body'))
  let seen: Buffer | undefined
  new FrameReader({ onFrame: (_type, _flags, _id, bytes) => (seen = bytes) }).push(chunk)
  expect(seen).toBe(chunk)
})

test('the reserved bit of a stream id is ignored', () => {
  const frame = toFrame(6, 0, 5, Buffer.alloc(0))
  frame[5] = 0x80
  expect(read([frame]).frames[0]?.[2]).toBe(5)
})

test('a frame longer than 16,384 bytes is refused by its header', () => {
  const header = toFrame(0, 0, 1, Buffer.alloc(16_385)).subarray(0, 9)
  expect(() => read([header])).toThrow(ConnectionError)
  expect(() => read([header.subarray(0, 4), header.subarray(4)])).toThrow(ConnectionError)
  expect(read([toFrame(0, 0, 1, Buffer.alloc(16_384))]).frames).toHaveLength(1)
})

test.each([
  [1, -1],
  [3, -1],
  [4, 1],
  [12, 1],
])('after the first %d bytes of a frame of type 1, its type is %d', (length, type) => {
  const { reader } = read([toFrame(1, 4, 1, Buffer.alloc(10)).subarray(0, length)])
  expect(reader.partialType).toBe(type)
})
