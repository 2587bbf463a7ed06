import { describe, expect, test } from 'bun:test'
import { root } from '@marquee/testing/tools'
import { readWordProblems } from './read-words.ts'
import { documentProblems, sourceProblems } from './words.ts'

/** Quotes the words that the page must not have. */
const exception = 'apps/web/copy.test.ts'

test('comments and documents are written as the guide says', () => {
  const problems = readWordProblems(root).filter(({ path }) => path !== exception)
  expect(problems.map(({ path, line, message }) => `${path}:${line} ${message}`)).toEqual([])
})

describe('a doc comment is refused that begins with', () => {
  test.each([
    'What is kept for a stream.',
    'Whether so many bytes may go at once.',
    'That of the response.',
    'Since when there is one.',
    'How long a client may be silent, in milliseconds.',
  ])('%s', (sentence) => {
    const problems = sourceProblems('a.ts', `const a = 1\n/**\n * ${sentence}\n */\nconst b = 2`)
    expect(problems).toEqual([
      { path: 'a.ts', line: 2, message: expect.stringContaining('rule 2') },
    ])
  })
})

test.each([
  '/** Maximum size of one message, in bytes. Default: 5,000. */',
  '/** Returns the movie, or `undefined` when the id is unknown. */',
  '/** Thrown when the deadline has passed. */',
  '// What is left out is left to the caller.',
  '/** Whatsoever */',
])('a comment is accepted: %s', (text) => {
  expect(sourceProblems('a.ts', text)).toEqual([])
})

test('an archaic word is refused wherever it is, with the word to write', () => {
  const message = 'rule 9, no archaic words: "Anew"; write again, restart, reopen'
  expect(sourceProblems('a.ts', `const a = 'x'\nconst b = 'Anew'`)).toEqual([
    { path: 'a.ts', line: 2, message },
  ])
  const found = documentProblems('a.md', '`anew`\n\n```\nanew\n```\n\nAnew.')
  expect(found).toEqual([{ path: 'a.md', line: 7, message }])
})
