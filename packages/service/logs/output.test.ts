import { expect, test } from 'bun:test'
import { createOutput, waitingBytesMax } from './output.ts'

/** A reader that takes `room` bytes, and the output that writes to it. */
function createReader(options: { readonly writeBytesMax?: number } = {}) {
  const reader = { taken: '', room: 0, writes: 0, code: 'EAGAIN' }
  const dropped: number[] = []
  const delays: number[] = []
  const due: (() => void)[] = []
  const output = createOutput({
    ...options,
    onDropped: (count) => dropped.push(count),
    write(bytes) {
      reader.writes++
      const part = bytes.subarray(0, reader.room)
      if (part.length === 0) throw Object.assign(new Error('no room'), { code: reader.code })
      reader.room -= part.length
      reader.taken += part.toString()
      return part.length
    },
    after(delayMs, callback) {
      delays.push(delayMs)
      due.push(callback)
    },
    block() {
      reader.room += 1_000
    },
  })
  const retry = () => due.shift()?.()
  return { reader, output, dropped, delays, retry, [Symbol.dispose]: output.close }
}

const line = `${'x'.repeat(16 * 1024 - 1)}\n`

test('lines wait for a reader that is behind, and arrive once, in order', () => {
  using peer = createReader()
  const { reader, output, delays, retry } = peer
  output.write(line)
  output.write('second\n')
  expect(reader.taken).toBe('')
  for (let count = 0; count < 9; count++) retry()
  expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64, 64])
  reader.room = 10_000
  retry()
  expect(reader.taken).toBe(line.slice(0, 10_000))
  expect(delays.at(-1)).toBe(1)
  reader.room = 10_000
  retry()
  expect(reader.taken).toBe(`${line}second\n`)
  expect(peer.dropped).toEqual([])
})

test('lines beyond the limit are dropped and counted, and later ones are written', () => {
  using peer = createReader()
  const { reader, output, dropped, retry } = peer
  const keptCount = Math.floor(waitingBytesMax / line.length) + 1
  for (let count = 0; count < keptCount + 7; count++) output.write(line)
  expect(dropped).toEqual([])
  reader.room = Number.POSITIVE_INFINITY
  retry()
  expect(dropped).toEqual([7])
  output.write('later\n')
  output.flushSync()
  expect(reader.taken.length).toBe(keptCount * line.length + 'later\n'.length)
  expect(dropped).toEqual([7])
})

test('a line about dropped lines is written before the end', () => {
  let taken = ''
  let hasRoom = false
  const output = createOutput({
    onDropped: (count) => output.write(`dropped ${count}\n`),
    write(bytes) {
      if (!hasRoom) throw Object.assign(new Error('no room'), { code: 'EAGAIN' })
      taken = bytes.toString()
      return bytes.length
    },
    after: () => {},
  })
  for (let bytes = 0; bytes <= waitingBytesMax; bytes += line.length) output.write(line)
  output.write(line)
  hasRoom = true
  output.close()
  expect(taken).toMatch(/^dropped \d+\n$/)
})

test('a flush before the end waits for the reader, but not for ever', () => {
  using peer = createReader()
  const { reader, output } = peer
  output.write(`${'y'.repeat(5_000)}\n`)
  output.flushSync()
  expect(reader.taken.length).toBe(5_001)

  const stuck = createReader()
  stuck.reader.room = Number.NEGATIVE_INFINITY
  stuck.output.write('never read\n')
  stuck.output.close()
  expect(stuck.reader.writes).toBe(1_001)
})

test('a reader that has left gets nothing more', () => {
  using peer = createReader()
  const { reader, output } = peer
  reader.code = 'EPIPE'
  output.write(line)
  output.write(line)
  output.flushSync()
  expect(reader.writes).toBe(1)
})

test('the lines of a write are whole', () => {
  using peer = createReader({ writeBytesMax: 10 })
  const { reader, output } = peer
  reader.room = 6
  output.write('one\ntwo\nthree and more\nfour\n')
  output.flushSync()
  expect(reader.taken).toBe('one\ntwo\nthree and more\nfour\n')
})
