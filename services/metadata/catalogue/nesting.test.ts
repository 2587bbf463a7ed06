import { expect, test } from 'bun:test'
import { parseFilter } from './filter.ts'
import { nestingOf } from './nesting.ts'

const deep = '('.repeat(33)

test.each([
  ['', 0],
  ['(year == 1) && ([1] == [[2]])', 3],
  [`title == "${deep}"`, 0],
  [`title == '${deep}' // ((`, 0],
  [`title == "\\"((" || (true)`, 1],
  [`title == """ " (( """ + r"\\" + (1)`, 1],
  [`id == "))))" + ${deep}`, 33],
  [`id == r"\\" + ${deep} + "`, 33],
  [`id == '''))\\''' ))''' + ${deep}`, 33],
  [`id == "" // ))))\n + ${deep}`, 33],
  [`"${deep}`, 33],
])('the parentheses of %j nest as many levels', (expression, levels) => {
  expect(nestingOf(expression)).toBe(levels)
})

test.each(['(', '[', '{', '(!', '!(', 'a(', '[(', '1+("))))"+'])(
  'a filter that repeats %j is refused before it is parsed',
  async (part) => {
    const text = part.repeat(Math.floor(1_000 / part.length))
    const error = await parseFilter(text).catch((cause: Error) => cause)
    expect((error as Error).message).toBe('filter nests more than 32 levels of parentheses')
  },
)

test('a filter with 32 levels of parentheses is read', async () => {
  const filter = await parseFilter(`${'('.repeat(32)}year == 1${')'.repeat(32)}`)
  expect(filter.kind).toBe('number')
})
