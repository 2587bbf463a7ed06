import { expect, test } from 'bun:test'
import { filterRows, firstOrder, keepPlaces, orderAfter, sortRows } from './method-order.ts'
import type { MethodRow } from './method-rows.ts'

function row(key: string, change: Partial<MethodRow> = {}): MethodRow {
  const [service = '', method = ''] = key.split(' ')
  return {
    ...{ key, service, method, protocol: 'grpc', internal: false, streaming: false, stale: false },
    ...{ perSecond: 1, faultsPerSecond: 0, buckets: [], codes: [], rates: [] },
    ...{ p50: undefined, p95: undefined, p99: undefined, faultPercent: undefined },
    ...change,
  }
}

const keysOf = (rows: readonly MethodRow[]) => rows.map(({ key }) => key)
const rows = [
  row('movie Get', { perSecond: 2, p95: 30 }),
  row('rating Put', { perSecond: 9 }),
  row('movie List', { perSecond: 2, p95: 200 }),
]

test('the busiest method is first, and ties are by name', () => {
  expect(keysOf(sortRows(rows, firstOrder))).toEqual(['rating Put', 'movie Get', 'movie List'])
})

test('rows without a figure come last in either direction', () => {
  const order = orderAfter(firstOrder, 'p95')
  expect(keysOf(sortRows(rows, order))).toEqual(['movie List', 'movie Get', 'rating Put'])
  const other = orderAfter(order, 'p95')
  expect(other).toEqual({ column: 'p95', descending: false })
  expect(keysOf(sortRows(rows, other))).toEqual(['movie Get', 'movie List', 'rating Put'])
})

test('a column of text begins with A', () => {
  expect(orderAfter(firstOrder, 'method')).toEqual({ column: 'method', descending: false })
})

const all = { service: '', text: '', onlyErrors: false, hidesInternal: false }

test('rows are filtered by service, text, errors and internal traffic', () => {
  const codes = (fault: boolean) => [{ code: 'x', fault, perSecond: 0, count: 1 }]
  const some = [
    row('movie Get', { codes: codes(true) }),
    row('rating Put', { codes: codes(false) }),
    row('movie Health', { internal: true }),
  ]
  const found = (change: Partial<typeof all>) => keysOf(filterRows(some, { ...all, ...change }))
  expect(found({})).toHaveLength(3)
  expect(found({ service: 'rating' })).toEqual(['rating Put'])
  expect(found({ text: ' gET ' })).toEqual(['movie Get'])
  expect(found({ onlyErrors: true })).toEqual(['movie Get'])
  expect(found({ hidesInternal: true })).toEqual(['movie Get', 'rating Put'])
})

test('rows keep their places, and new ones come last', () => {
  const kept = keepPlaces([row('new'), row('b'), row('a')], ['a', 'b', 'gone'])
  expect(keysOf(kept)).toEqual(['a', 'b', 'new'])
})
