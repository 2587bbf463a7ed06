import { expect, test } from 'bun:test'
import { takeSettings } from './session.ts'

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
])('the settings of the URL %s are made when a session begins', (query, settings) => {
  const taken = takeSettings(`${base}${query}`)
  expect(taken.settings).toEqual(settings)
  expect(taken.url).toStartWith(base)
  expect(taken.url).not.toMatch(/options|timeout/)
})

test('options that are no settings stay with the URL', () => {
  const url = `${base}?options=-B%20100&application_name=x`
  expect(takeSettings(url)).toEqual({ url, settings: {} })
})
