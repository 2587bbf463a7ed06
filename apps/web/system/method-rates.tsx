import { useMemo } from 'preact/hooks'
import { codeKind } from './code-kind.ts'
import { countText, rateText } from './format.ts'
import { type MethodRow, methodRows } from './method-rows.ts'
import type { Monitor } from './monitor.ts'

/** Requests per second by method: a bar with a part for each kind of code. */
export function MethodRates({ monitor }: { monitor: Monitor | undefined }) {
  const rows = useMemo(() => (monitor ? methodRows(monitor) : []), [monitor])
  const rateMax = Math.max(...rows.map(({ perSecond }) => perSecond), 0.1)
  return (
    <section class="method-rates" aria-labelledby="method-rates-title">
      <div class="section-head">
        <h2 id="method-rates-title">Requests by method and code</h2>
        <p class="table-note">Per second over the last 10 s. Codes since the process started.</p>
      </div>
      <ul class="method-rows">
        {rows.map((row) => (
          <Row key={`${row.protocol} ${row.method}`} row={row} rateMax={rateMax} />
        ))}
      </ul>
      {rows.length === 0 ? (
        <p class="table-note">{monitor ? 'No requests yet.' : 'Loading…'}</p>
      ) : null}
    </section>
  )
}

function Row({ row, rateMax }: { row: MethodRow; rateMax: number }) {
  const { method, protocol, perSecond, codes } = row
  const slash = method.lastIndexOf('/') + 1
  const isRest = protocol === 'rest'
  return (
    <li class="method-row">
      <p class="method-name">
        {isRest ? null : <span class="method-service">{method.slice(0, slash)}</span>}
        <wbr />
        <b>{isRest ? method : method.slice(slash)}</b>
      </p>
      <p class="method-protocol">{protocol}</p>
      <Bar row={row} rateMax={rateMax} />
      <p class="method-rate">
        {rateText(perSecond)}
        <span class="visually-hidden"> per second</span>
      </p>
      <ul class="codes">
        {codes.map(({ code, count }) => (
          <li key={code} class={`code-${codeKind(code)}`}>
            {code} <b>{countText(count)}</b>
          </li>
        ))}
      </ul>
    </li>
  )
}

function Bar({ row, rateMax }: { row: MethodRow; rateMax: number }) {
  const { ok, refused, failed } = row.byKind
  const percent = (rate: number) => `${Math.min(100, (rate / rateMax) * 100)}%`
  return (
    <svg class="bar" height="12" aria-hidden="true">
      <rect class="bar-all" height="12" width={percent(ok)} />
      <rect class="bar-refused" height="12" x={percent(ok)} width={percent(refused)} />
      <rect class="bar-failed" height="12" x={percent(ok + refused)} width={percent(failed)} />
    </svg>
  )
}
