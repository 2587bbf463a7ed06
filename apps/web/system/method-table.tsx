import { useSignal } from '@preact/signals'
import { useMemo, useRef } from 'preact/hooks'
import {
  type Column,
  filterRows,
  firstOrder,
  keepPlaces,
  orderAfter,
  sortRows,
} from './method-order.ts'
import { MethodTableRow } from './method-row.tsx'
import { type MethodRow, methodRows } from './method-rows.ts'
import { type Monitor, secondsShown } from './monitor.ts'
import type { View } from './view.ts'

interface MethodTableProps {
  readonly monitor: Monitor | undefined
  readonly view: View
}

const columns: readonly (readonly [column: Column, title: string])[] = [
  ['method', 'Method'],
  ['service', 'Service'],
  ['protocol', 'Protocol'],
  ['perSecond', 'Req/s'],
  ['p50', 'p50'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['faultPercent', 'Errors'],
]

/** Columns that narrow screens have no room for. */
const extraColumns: ReadonlySet<Column> = new Set(['service', 'protocol', 'p50', 'p99'])

/** The called methods with rates, percentiles and codes over the last 30 s. */
export function MethodTable({ monitor, view }: MethodTableProps) {
  const order = useSignal(firstOrder)
  const text = useSignal('')
  const onlyErrors = useSignal(false)
  const showsIdle = useSignal(false)
  const all = useMemo(() => (monitor ? methodRows(monitor) : []), [monitor])
  const rows = sortRows(
    filterRows(all, {
      service: view.service.value,
      text: text.value,
      onlyErrors: onlyErrors.value,
      hidesInternal: view.hidesInternal.value,
    }),
    order.value,
  )
  const { held, placed } = usePlaces(rows)
  const isSearch = text.value !== '' || onlyErrors.value
  const idle = isSearch ? [] : placed.filter(({ perSecond }) => perSecond === 0)
  const active = isSearch ? placed : placed.filter(({ perSecond }) => perSecond > 0)
  const shown = showsIdle.value ? [...active, ...idle] : active
  const open = (key: string) => {
    view.method.value = key
  }
  return (
    <section class="method-rates" id="methods" aria-labelledby="methods-title">
      <div class="section-head">
        <h2 id="methods-title">Methods</h2>
        <p class="table-note">
          {windowText(monitor)}
          {view.service.value ? `, only ${view.service.value}` : ''}
        </p>
        <div class="method-filters">
          <input
            class="text-input"
            type="search"
            aria-label="Filter methods"
            placeholder="Filter methods"
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value
            }}
          />
          <label class="check">
            <input
              type="checkbox"
              checked={onlyErrors.value}
              onChange={(event) => {
                onlyErrors.value = event.currentTarget.checked
              }}
            />
            Only errors
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={view.hidesInternal.value}
              onChange={(event) => {
                view.hidesInternal.value = event.currentTarget.checked
              }}
            />
            Hide internal traffic
          </label>
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="table-frame" aria-label="Table of methods" tabIndex={0} {...held}>
        <table class="table method-table">
          <caption class="visually-hidden">Methods</caption>
          <thead>
            <tr>
              {columns.map(([column, title]) => (
                <SortHeader
                  key={column}
                  title={title}
                  isExtra={extraColumns.has(column)}
                  sort={order.value.column === column ? order.value.descending : undefined}
                  onSort={() => {
                    order.value = orderAfter(order.value, column)
                  }}
                />
              ))}
              <th scope="col" class="method-wide">
                Codes since start
              </th>
              <th scope="col" class="method-wide number">
                Trend
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <MethodTableRow
                key={row.key}
                row={row}
                boundsMs={monitor?.boundsMs ?? []}
                onOpen={open}
              />
            ))}
          </tbody>
        </table>
      </section>
      {shown.length === 0 ? <p class="table-note">{emptyText(monitor, idle, isSearch)}</p> : null}
      {idle.length > 0 ? (
        <button
          type="button"
          class="small-button"
          aria-expanded={showsIdle.value}
          onClick={() => {
            showsIdle.value = !showsIdle.value
          }}
        >
          {showsIdle.value ? 'Hide' : 'Show'} {idle.length} idle{' '}
          {idle.length === 1 ? 'method' : 'methods'}
        </button>
      ) : null}
    </section>
  )
}

/** Time of the figures. It grows to 30 s after the page is opened. */
function windowText(monitor: Monitor | undefined): string {
  const seconds = monitor ? secondsShown(monitor) : 0
  return seconds === 0 ? 'Collecting…' : `Over the last ${seconds} s`
}

function emptyText(monitor: Monitor | undefined, idle: readonly MethodRow[], isSearch: boolean) {
  if (!monitor) return 'Loading…'
  if (isSearch) return 'No method matches.'
  return idle.length > 0 ? 'No requests in the last 30 s.' : 'No requests yet.'
}

interface SortHeaderProps {
  readonly title: string
  /** True when narrow screens leave it out. */
  readonly isExtra: boolean
  /** True when descending, false when ascending, undefined when another column sorts. */
  readonly sort: boolean | undefined
  readonly onSort: () => void
}

function SortHeader({ title, isExtra, sort, onSort }: SortHeaderProps) {
  const isNumber = !['Method', 'Service', 'Protocol'].includes(title)
  return (
    <th
      scope="col"
      class={[isNumber && 'number', isExtra && 'method-extra'].filter(Boolean).join(' ')}
      aria-sort={sort === undefined ? undefined : sort ? 'descending' : 'ascending'}
    >
      <button type="button" class="sort" onClick={onSort}>
        {title}
        <span class="sort-mark" aria-hidden="true">
          {sort === undefined ? '' : sort ? '↓' : '↑'}
        </span>
      </button>
    </th>
  )
}

/** Keeps the rows in place while the pointer or the focus is among them. */
function usePlaces(rows: readonly MethodRow[]) {
  const holds = useRef({ pointer: false, focus: false })
  const keys = useRef<readonly string[]>([])
  const isHeld = holds.current.pointer || holds.current.focus
  const placed = isHeld ? keepPlaces(rows, keys.current) : rows
  keys.current = placed.map(({ key }) => key)
  const isRow = (event: Event) => event.target instanceof Element && event.target.closest('tbody')
  return {
    placed,
    held: {
      onPointerOver: (event: Event) => {
        holds.current.pointer = Boolean(isRow(event))
      },
      onPointerLeave: () => {
        holds.current.pointer = false
      },
      onFocusIn: (event: Event) => {
        holds.current.focus = Boolean(isRow(event))
      },
      onFocusOut: () => {
        holds.current.focus = false
      },
    },
  }
}
