import { expect, test } from 'bun:test'
import { splitDocs } from './method-docs.tsx'

test('the first sentence of a comment is apart from the rest', () => {
  const text =
    'GetThing returns a thing.\nIt reads v1.2 of it.\n\n\tabsent  NOT_FOUND\n\tdown    UNAVAILABLE'
  expect(splitDocs(text)).toEqual({
    first: 'GetThing returns a thing.',
    rest: 'It reads v1.2 of it.\n\n\tabsent  NOT_FOUND\n\tdown    UNAVAILABLE',
  })
})

test('a short comment has no rest', () => {
  expect(splitDocs('PutThing saves\na thing.')).toEqual({
    first: 'PutThing saves a thing.',
    rest: '',
  })
})
