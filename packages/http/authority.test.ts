import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { hostOf, isSameAuthority } from './authority.ts'

test.each([
  ['localhost', 'localhost'],
  ['LOCALHOST:8081', 'localhost'],
  ['localhost.:80', 'localhost'],
  ['127.0.0.1:8081', '127.0.0.1'],
  ['[0:0:0:0:0:0:0:1]:8081', '[::1]'],
  ['[::1]', '[::1]'],
  ['Movies.Example.', 'movies.example'],
])('the host of %s is %s', (authority, host) => {
  expect(hostOf(authority)).toBe(host)
})

test.each([[''], [':80'], ['a b'], ['a/b'], ['me@localhost'], ['evil.test#localhost'], ['[::1']])(
  '"%s" names no host',
  (authority) => {
    expect(hostOf(authority)).toBeUndefined()
  },
)

test('two authorities are equal when they differ in case, default port or root dot only', () => {
  expect(isSameAuthority('Movies.Example', 'movies.example:80', 'http')).toBe(true)
  expect(isSameAuthority('movies.example:443', 'MOVIES.EXAMPLE.', 'https')).toBe(true)
  expect(isSameAuthority('[::1]:8081', '[0:0::1]:8081', 'http')).toBe(true)
})

test('two authorities with different hosts or ports are not equal', () => {
  expect(isSameAuthority('a', 'b', 'http')).toBe(false)
  expect(isSameAuthority('a', 'a:443', 'http')).toBe(false)
  expect(isSameAuthority('a:80', 'a', 'https')).toBe(false)
  expect(isSameAuthority('a', 'a/b', 'http')).toBe(false)
})

alsoOnDenoAndNode(import.meta.filename)
