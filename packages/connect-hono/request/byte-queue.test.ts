import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ByteQueue } from './byte-queue.ts'

const lengths = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3_000 })),
  {
    maxLength: 60,
  },
)

test('bytes are read in order, however they are split', () => {
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
        if (written % 3 === 0) queue.settle()
      }
      wanted.push(queue.length)
      readWhatIsThere()
      for (const byte of queue.read(queue.length)) expect(byte).toBe(read++ % 251)
      expect(read).toBe(written)
    }),
  )
})

test('a message that arrives byte by byte is gathered as it arrives', () => {
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

test('an expected long read returns its bytes in order, and those around it stay', () => {
  const chunks = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 30 })
  const reads = fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(chunks, reads, (writes, lengths) => {
      const queue = new ByteQueue()
      const all = Uint8Array.from(
        { length: writes.reduce((sum, one) => sum + one, 0) },
        (_, at) => at % 251,
      )
      const wanted = [...lengths]
      let [written, read] = [0, 0]
      queue.expect(wanted[0] as number)
      for (const length of writes) {
        queue.push(all.subarray(written, written + length))
        written += length
        expect(queue.length).toBe(written - read)
        for (let next = wanted[0]; next !== undefined && next <= queue.length; next = wanted[0]) {
          expect(Buffer.compare(queue.read(next), all.subarray(read, read + next))).toBe(0)
          read += next
          wanted.shift()
          if (wanted[0] !== undefined) queue.expect(wanted[0])
        }
      }
    }),
  )
})

test('no buffer is allocated for an expected read before a part of it has arrived', () => {
  const queue = new ByteQueue()
  queue.expect(1_000_000)
  const chunk = Buffer.alloc(200_000, 1)
  queue.push(chunk)
  chunk[0] = 2
  for (let count = 0; count < 4; count++) queue.push(Buffer.alloc(200_000, 3))
  const bytes = queue.read(1_000_000)
  // The first chunk was not copied until the second one arrived.
  expect([bytes[0], bytes[199_999], bytes[200_000], bytes.length]).toEqual([2, 1, 3, 1_000_000])
})

test('waiting bytes are neither views of much larger memory nor tiny pieces', () => {
  const source = new Uint8Array(64 * 1024).fill(7)
  const queue = new ByteQueue()
  queue.push(source.subarray(0, 2_000))
  queue.settle()
  for (let index = 0; index < 100; index++) {
    queue.push(source.subarray(index, index + 1))
    queue.settle()
  }
  expect(queue.read(2_000).buffer.byteLength).toBe(2_000)
  const rest = queue.read(100)
  expect([...rest]).toEqual(Array.from({ length: 100 }, () => 7))
  expect(rest.buffer.byteLength).toBeLessThan(32 * 1024)
})
