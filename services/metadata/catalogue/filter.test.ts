import { expect, test } from 'bun:test'
import { parseFilter } from './filter.ts'

test.each([
  ['year = 1990', ': to compare, write =='],
  ['year > 1990 AND year < 2000', ': to join comparisons, write &&, || or !'],
  ['not year > 1990', ': to join comparisons, write &&, || or !'],
  ['title == "War and Peace = 1" ;', ''],
])(
  'the error of a filter with an operator of another language says what to write: %s',
  async (text, hint) => {
    const error = await parseFilter(text).catch((cause: Error) => cause)
    expect((error as Error).message).toMatch(/^filter: 1:\d+: found \S+ but expecting end of input/)
    expect((error as Error).message).toEndWith(`end of input${hint}`)
  },
)
