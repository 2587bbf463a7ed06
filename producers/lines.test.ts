import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { lineBytesMax, readLines } from './lines.ts'

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]) {
  let start = 0
  for (const size of sizes) {
    yield bytes.subarray(start, start + size)
    start += size
  }
  yield bytes.subarray(start)
}

async function read(text: string, sizes: readonly number[] = []) {
  const lines = await Array.fromAsync(readLines(chunksOf(new TextEncoder().encode(text), sizes)))
  return lines.flat()
}

test('lines are the same wherever the chunks end', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é', '𝄞', ',', ' ', '\r') })
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat({ max: 5 })), async (texts, sizes) => {
      const expected = texts
        .map((text, index) => ({ number: index + 1, text: text.replace(/\r$/, '') }))
        .filter(({ text }) => text.trim() !== '')
      expect(await read(texts.join('\n'), sizes)).toEqual(expected)
    }),
  )
})

test('blank lines are counted but not returned', async () => {
  expect(await read('a\r\n\r\n \n\nb\n')).toEqual([
    { number: 1, text: 'a' },
    { number: 5, text: 'b' },
  ])
})

test('a byte order mark is not part of the first line', async () => {
  expect(await read('\uFEFFa')).toEqual([{ number: 1, text: 'a' }])
})

test('a line that is too long is reported, and the next one is complete', async () => {
  const long = 'x'.repeat(lineBytesMax * 3)
  const sizes = Array.from({ length: 40 }, () => 20_000)
  expect(await read(`a\n${long}\nb\n${long}`, sizes)).toEqual([
    { number: 1, text: 'a' },
    { number: 2, fault: 'too long' },
    { number: 3, text: 'b' },
    { number: 4, fault: 'too long' },
  ])
})
