import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ByteQueue } from './byte-queue.ts'

const lengths = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3_000 })),
  {
    maxLength: 60,
  },
)

test('bytes are read as they came, however they are split', () => {
  fc.assert(
    fc.property(lengths, lengths, (writes, reads) => {
      const queue = new ByteQueue()
      let written = 0
      let read = 0
      const wanted = [...reads]
      const readWhatIsThere = () => {
        while (wanted[0] !== undefined && wanted[0] <= queue.length) {
          const bytes = queue.read(wanted.shift() as number)
          for (const byte of bytes) expect(byte).toBe(read++ % 251)
        }
      }
      for (const length of writes) {
        queue.push(Uint8Array.from({ length }, () => written++ % 251))
        expect(queue.length).toBe(written - read)
        readWhatIsThere()
      }
      wanted.push(queue.length)
      readWhatIsThere()
      for (const byte of queue.read(queue.length)) expect(byte).toBe(read++ % 251)
      expect(read).toBe(written)
    }),
  )
})

test('a message that comes byte by byte is gathered as it comes', () => {
  const queue = new ByteQueue()
  for (let n = 0; n < 100_000; n++) queue.push(new Uint8Array([n]))
  const bytes = queue.read(100_000)
  expect(bytes.every((byte, index) => byte === index % 256)).toBe(true)
})

test('a message within a chunk is not copied', () => {
  const queue = new ByteQueue()
  const chunk = new Uint8Array(100)
  queue.push(chunk)
  queue.read(10)
  expect(queue.read(50).buffer).toBe(chunk.buffer)
})
