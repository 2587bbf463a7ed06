import { expect, test } from 'bun:test'
import { extractParameters } from './session.ts'

const base = 'postgres://me:a%2Fb@host:5432/name'

test.each([
  ['', {}],
  ['?sslmode=require', {}],
  ['?options=-c%20search_path%3Dpublic', { search_path: 'public' }],
  ['?options=--search_path%3Da,b+-cwork_mem%3D4MB', { search_path: 'a,b', work_mem: '4MB' }],
  [
    '?options=-c+a.b%3Done%5C+two&statement_timeout=500',
    { 'a.b': 'one two', statement_timeout: '500' },
  ],
])('the parameters of the URL %s are extracted', (query, parameters) => {
  const extracted = extractParameters(`${base}${query}`)
  expect(extracted.parameters).toEqual(parameters)
  expect(extracted.url).toStartWith(base)
  expect(extracted.url).not.toMatch(/options|timeout/)
})

test('options other than parameters stay in the URL', () => {
  const url = `${base}?options=-B%20100&application_name=x`
  expect(extractParameters(url)).toEqual({ url, parameters: {} })
})
