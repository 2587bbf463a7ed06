import { expect, test } from 'bun:test'
import { headersOf, parseHeaderRows, rowProblem, withBearer } from './header-rows.ts'

const row = (name: string, value: string, isOn = true) => ({ name, value, isOn })

test('rows that are on are headers in lower case', () => {
  const rows = [row(' X-Request-Id ', ' my call '), row('x-off', '1', false), row('', '')]
  expect(headersOf(rows)).toEqual([['x-request-id', 'my call']])
})

test('a row that HTTP does not allow is not sent, and says why', () => {
  for (const wrong of [
    row('a b', '1'),
    row('ä', '1'),
    row('', '1'),
    row('a', 'é'),
    row('a:', ''),
  ]) {
    expect(rowProblem(wrong)).toBeString()
    expect(headersOf([wrong])).toEqual([])
  }
  expect(rowProblem(row('', ''))).toBeUndefined()
})

test('a bearer token replaces the authorization header', () => {
  const rows = withBearer([row('Authorization', 'Basic x'), row('a', 'b')], ' secret ')
  expect(headersOf(rows)).toEqual([
    ['a', 'b'],
    ['authorization', 'Bearer secret'],
  ])
  expect(withBearer(rows, '')).toEqual([row('a', 'b')])
})

test('saved rows of another shape are left out', () => {
  expect(parseHeaderRows(undefined)).toEqual([])
  expect(parseHeaderRows([row('a', 'b'), { name: 'c' }, null, 3])).toEqual([row('a', 'b')])
})
