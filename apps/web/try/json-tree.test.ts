import { expect, test } from 'bun:test'
import { type JsonPart, jsonParts } from './json-tree.ts'

function textOf(parts: readonly JsonPart[]): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part
      return part.kind === 'link' ? part.text : part.head + textOf(part.parts)
    })
    .join('')
}

function linksOf(parts: readonly JsonPart[]): string[] {
  return parts.flatMap((part) => {
    if (typeof part === 'string') return []
    return part.kind === 'link' ? [part.path] : linksOf(part.parts)
  })
}

test.each([
  [{}],
  [[]],
  ['text'],
  [null],
  [{ a: 1, b: [true, null, 'x\n"y"'], c: { d: {}, e: [] }, f: [[1, 2], [{}]] }],
])('the parts of %j are its text', (value) => {
  const text = JSON.stringify(value, undefined, 2)
  expect(textOf(jsonParts(text))).toBe(`${text}\n`)
})

test('ids of movies are links, and no other ids', () => {
  const value = {
    metadata: { id: 'alien-1979', title: 'Alien' },
    rating: { recordId: 'up 2009', recordType: 'movie' },
    other: { recordId: 'a-book', recordType: 'book', id: 'x' },
    movieIds: ['heat-1995'],
  }
  expect(linksOf(jsonParts(JSON.stringify(value)))).toEqual([
    '/movies/alien-1979',
    '/movies/up%202009',
    '/movies/heat-1995',
  ])
})
