import { expect, test } from 'bun:test'
import { parseTemplate } from './template.ts'

test('a template has its literals, wildcards, variables and verb', () => {
  const template = parseTemplate('/v1/{name=shelves/*/books/**}:move')
  expect(template.segments).toEqual([
    { kind: 'literal', text: 'v1' },
    { kind: 'literal', text: 'shelves' },
    { kind: 'one' },
    { kind: 'literal', text: 'books' },
    { kind: 'rest' },
  ])
  const end = Number.POSITIVE_INFINITY
  expect(template.variables).toEqual([{ fieldPath: 'name', start: 1, end, isMany: true }])
  expect(template.verb).toBe('move')
})

test('a variable without a pattern takes one segment', () => {
  const { variables } = parseTemplate('/v1/movies/{movie.id}/ratings/{user_id=*}')
  expect(variables).toEqual([
    { fieldPath: 'movie.id', start: 2, end: 3, isMany: false },
    { fieldPath: 'user_id', start: 4, end: 5, isMany: false },
  ])
})

test.each([
  ['', 'no segment'],
  ['v1', 'character 1'],
  ['/', 'no segment'],
  ['/v1//x', '"" is no segment'],
  ['/v1/**/x', 'last segment'],
  ['/v1/{a}/{a}', 'a comes twice'],
  ['/v1/{a', '"" is no segment'],
  ['/v1/{a={b}}', '"" is no segment'],
  ['/v1/{1a}', 'no field path'],
  ['/v1/{a=}', '"" is no segment'],
  ['/v1/x{a}', 'character'],
  ['/v1/{a}x', 'character'],
  ['/v1/a*', 'no segment'],
  ['/v1:', 'verb'],
  ['/v1/a:b:c', 'verb'],
])('the template %j is refused', (text, reason) => {
  expect(() => parseTemplate(text)).toThrow(reason)
})
