import { expect, test } from 'bun:test'
import { execFileSync } from 'node:child_process'
import { array, assert, integer, property, string } from 'fast-check'
import { printfWord, shellQuote } from './shell-quote.ts'

const runs = { numRuns: 100 }

function shell(command: string): Buffer {
  return execFileSync('sh', ['-c', command], { timeout: 5_000 })
}

test('a shell reads any quoted text as one word', () => {
  const word = string({ unit: 'binary', maxLength: 50 }).map((text) => text.replaceAll('\0', ''))
  assert(
    property(word, (text) => {
      expect(shell(`printf %s ${shellQuote(text)}`).toString()).toBe(text)
    }),
    runs,
  )
})

test('printf writes any bytes unchanged', () => {
  assert(
    property(array(integer({ min: 0, max: 255 }), { maxLength: 50 }), (numbers) => {
      const bytes = Uint8Array.from(numbers)
      expect(new Uint8Array(shell(`printf ${printfWord(bytes)}`))).toEqual(bytes)
    }),
    runs,
  )
})

test('a plain word is not quoted', () => {
  expect(shellQuote('http://localhost:8083/a.v1.B/C')).toBe('http://localhost:8083/a.v1.B/C')
  expect(shellQuote("it's")).toBe(`'it'\\''s'`)
  expect(shellQuote('')).toBe("''")
})
