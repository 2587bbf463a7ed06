import { expect, test } from 'bun:test'
import { joinCsv, readCsvRecords, splitCsv } from './csv-records.ts'

/** Reads the records of a text that arrives in chunks of the size. */
async function read(text: string, chunkBytes = 1_000_000) {
  async function* chunks() {
    const bytes = Buffer.from(text, 'latin1')
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      yield bytes.subarray(start, start + chunkBytes)
    }
  }
  const records: [number, string | undefined][] = []
  for await (const batch of readCsvRecords(chunks())) {
    records.push(...batch.map(({ number, text }): [number, string | undefined] => [number, text]))
  }
  return records
}

test.each([1, 2, 3, 1_000])(
  'a quoted value keeps its line breaks, in chunks of %d bytes',
  async (size) => {
    const text = 'a,b\r\n"1\r\n\r\n2\n",x\r\n\r\n3,"4"\n"5\r",6'
    expect(await read(text, size)).toEqual([
      [1, 'a,b'],
      [2, '"1\r\n\r\n2\n",x'],
      [7, '3,"4"'],
      [8, '"5\r",6'],
    ])
  },
)

test('a quote that is not closed costs one line, whatever comes after it', async () => {
  expect(await read('1,"a\n2,b\n3,c\n')).toEqual([
    [1, '1,"a'],
    [2, '2,b'],
    [3, '3,c'],
  ])
  expect(await read('1,"a\n2,"b"\n3,"c\n4,"d\ne"\n')).toEqual([
    [1, '1,"a'],
    [2, '2,"b"'],
    [3, '3,"c'],
    [4, '4,"d\ne"'],
  ])
})

test('a record has at most 512 lines, and reading goes on after its first one', async () => {
  const records = await read(`"${'\n'.repeat(511)}"\n"${'x\n'.repeat(513)}",y`)
  expect(records.slice(0, 3)).toEqual([
    [1, `"${'\n'.repeat(511)}"`],
    [513, '"x'],
    [514, 'x'],
  ])
  expect(records.at(-1)).toEqual([1026, '",y'])
})

test('a line that is not UTF-8 ends a record that is not complete', async () => {
  expect(await read('1,"a\n\xe9\n2,b')).toEqual([
    [1, '1,"a'],
    [2, undefined],
    [3, '2,b'],
  ])
})

test('joinCsv quotes what has to be quoted, and splitCsv reads it', () => {
  const values = ['plain', '', 'a,b', '"', 'x\ny', 'x\ry', ' space ']
  const record = joinCsv(values)
  expect(record).toBe('plain,,"a,b","""","x\ny","x\ry", space \n')
  expect(splitCsv(record.slice(0, -1))).toEqual(values)
  expect(splitCsv('a"b,c')).toBeUndefined()
  expect(splitCsv('"a"b,c')).toBeUndefined()
})
