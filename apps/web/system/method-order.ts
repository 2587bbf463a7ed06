import type { MethodRow } from './method-rows.ts'

/** Columns by which the methods can be sorted. */
export type Column =
  | 'method'
  | 'service'
  | 'protocol'
  | 'perSecond'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'faultPercent'

export interface Order {
  readonly column: Column
  readonly descending: boolean
}

export const firstOrder: Order = { column: 'perSecond', descending: true }

/** Order after a click on a column: figures begin with the largest, texts with A. */
export function orderAfter(order: Order, column: Column): Order {
  if (order.column === column) return { column, descending: !order.descending }
  return { column, descending: !['method', 'service', 'protocol'].includes(column) }
}

/** Sorts rows. Those without a figure come last in either direction; ties are by name. */
export function sortRows(rows: readonly MethodRow[], { column, descending }: Order): MethodRow[] {
  const sign = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [one, other] = [a[column], b[column]]
    if (one === undefined || other === undefined) {
      if (one !== other) return one === undefined ? 1 : -1
    } else if (one !== other) return one < other ? -sign : sign
    return a.key < b.key ? -1 : 1
  })
}

export interface Filter {
  /** Empty for all services. */
  readonly service: string
  readonly text: string
  readonly onlyErrors: boolean
  readonly hidesInternal: boolean
}

export function filterRows(rows: readonly MethodRow[], filter: Filter): MethodRow[] {
  const text = filter.text.trim().toLowerCase()
  return rows.filter(
    ({ service, method, protocol, internal, codes }) =>
      (filter.service === '' || service === filter.service) &&
      `${service} ${method} ${protocol}`.toLowerCase().includes(text) &&
      (!filter.onlyErrors || codes.some(({ fault }) => fault)) &&
      !(filter.hidesInternal && internal),
  )
}

/** Keeps the places of rows that had one, so that nothing moves below a pointer. */
export function keepPlaces(rows: readonly MethodRow[], keys: readonly string[]): MethodRow[] {
  const places = new Map(keys.map((key, place) => [key, place]))
  const placeOf = ({ key }: MethodRow) => places.get(key) ?? keys.length
  return rows.toSorted((a, b) => placeOf(a) - placeOf(b))
}
