import { expect, test } from 'bun:test'
import { chunksOf } from './chunks.ts'

function countingStream() {
  let cancelCount = 0
  let next = 0
  const stream = new ReadableStream<number>({
    pull: (controller) => controller.enqueue(next++),
    cancel() {
      cancelCount++
    },
  })
  // As in a browser that cannot iterate it.
  Object.defineProperty(stream, Symbol.asyncIterator, { value: undefined })
  return { stream, cancelCount: () => cancelCount }
}

test('a stream is read chunk by chunk, and cancelled when nobody wants more', async () => {
  const { stream, cancelCount } = countingStream()
  const seen: number[] = []
  for await (const chunk of chunksOf(stream)) {
    seen.push(chunk)
    if (seen.length === 3) break
  }
  expect([seen, cancelCount()]).toEqual([[0, 1, 2], 1])
})

test('the chunks end with the stream, and fail with it', async () => {
  expect(await Array.fromAsync(chunksOf(new Blob([]).stream()))).toEqual([])
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error('lost')) })
  await expect(Array.fromAsync(chunksOf(broken))).rejects.toThrow('lost')
})
