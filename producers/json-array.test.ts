import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { readJsonArray } from './json-array.ts'

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

/** Returns the texts and faults of the elements, and the flaw. */
async function read(text: string | Uint8Array, size = 7, elementBytesMax = 200) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const elements: Array<string | undefined> = []
  const wheres: string[] = []
  let flaw = ''
  try {
    const source = { name: 'file', chunks: chunksOf(bytes, size) }
    for await (const batch of readJsonArray(source, elementBytesMax)) {
      for (const { where, text, fault } of batch) {
        elements.push(text ?? fault)
        wheres.push(where)
      }
    }
  } catch (error) {
    flaw = (error as Error).message
  }
  return { elements, wheres, flaw }
}

test('the elements of an array keep their text, wherever the chunks end', async () => {
  const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 })
  const element = fc.tuple(fc.json({ maxDepth: 2 }), space, space)
  await fc.assert(
    fc.asyncProperty(fc.array(element), fc.integer({ min: 1, max: 40 }), async (parts, size) => {
      const text = parts.map(([json, before, after]) => before + json + after).join(',')
      const { elements, flaw } = await read(`\uFEFF [${text}] `, size, 10_000)
      expect(flaw).toBe('')
      expect(elements).toEqual(parts.map(([json]) => json))
    }),
  )
})

test('numbers in an array keep all their digits', async () => {
  const { elements } = await read('[{"a":1114259415508639744123,"b":1.50},9007199254740993]')
  expect(elements).toEqual(['{"a":1114259415508639744123,"b":1.50}', '9007199254740993'])
})

test.each([
  ['[1,\n2,\n]', ['1', '2'], 'line 3, byte 8, after element 2: a value is missing before "]"'],
  ['[1,,2]', ['1'], 'line 1, byte 4, after element 1: a value is missing before ","'],
  ['[,1]', [], 'line 1, byte 2, after element 0: a value is missing before ","'],
  ['[1,{"a":[2', ['1'], 'line 1, byte 4, after element 1: the text ends within an element'],
  ['[1,', ['1'], 'line 1, byte 4, after element 1: the text ends before "]"'],
  ['[1] [2]', ['1'], 'line 1, byte 5, after element 1: there is text after the array'],
  ['{"a":1}', [], 'line 1, byte 1, after element 0: it does not begin with "["'],
  ['', [], 'line 1, byte 1, after element 0: it does not begin with "["'],
])('the complete elements of %p are returned before the error', async (text, whole, flaw) => {
  for (const size of [1, 3, 100]) {
    const result = await read(text, size)
    expect(result.elements).toEqual(whole)
    expect(result.flaw).toBe(`file is not a JSON array at ${flaw}`)
  }
})

test('an array element that is not JSON, too long or not UTF-8 does not affect the others', async () => {
  const latin1 = Buffer.from(`[{"a":"\xe9"},\n"${'x'.repeat(300)}",{"a":},}, 7 ]`, 'latin1')
  const { elements, wheres, flaw } = await read(latin1)
  expect(flaw).toBe('')
  expect(elements).toEqual([
    'it is not UTF-8: name the encoding of the file, as in --encoding latin1',
    'it is longer than 200 bytes',
    '{"a":}',
    '}',
    '7',
  ])
  expect(wheres[4]).toBe('element 5 (line 2)')
})
