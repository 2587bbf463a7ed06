import { useMemo } from 'preact/hooks'
import { countText, rateText } from './figures.ts'
import { type MethodRow, methodRows } from './method-rows.ts'
import type { Monitor } from './monitor.ts'

/** Calls a second by method and code: bars, of which the part that failed is told apart. */
export function MethodRates({ monitor }: { monitor: Monitor | undefined }) {
  const rows = useMemo(() => (monitor ? methodRows(monitor) : []), [monitor])
  const most = Math.max(...rows.map(({ perSecond }) => perSecond), 0.1)
  return (
    <section class="method-rates" aria-labelledby="method-rates-title">
      <h2 id="method-rates-title">Calls by method and code</h2>
      <div class="table-frame">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Method</th>
              <th scope="col">Protocol</th>
              <th scope="col" class="method-bar-head">
                Calls a second, over 10 s
              </th>
              <th scope="col">How they ended, since start</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={`${row.protocol} ${row.method}`} row={row} most={most} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0 ? (
        <p class="table-note">{monitor ? 'Nobody has called yet.' : 'Asking…'}</p>
      ) : null}
    </section>
  )
}

function Row({ row, most }: { row: MethodRow; most: number }) {
  const { method, protocol, perSecond, failedPerSecond, codes } = row
  const percent = (rate: number) => `${Math.min(100, (rate / most) * 100)}%`
  return (
    <tr>
      <th scope="row" class="method-name">
        {method}
      </th>
      <td>{protocol}</td>
      <td>
        <div class="method-bar">
          <svg class="bar" height="12" aria-hidden="true">
            <rect class="bar-all" height="12" width={percent(perSecond)} rx="2" />
            <rect class="bar-failed" height="12" width={percent(failedPerSecond)} rx="2" />
          </svg>
          <span class="number">{rateText(perSecond)}</span>
        </div>
      </td>
      <td>
        <ul class="codes">
          {codes.map(({ code, count }) => (
            <li key={code} class={code === 'ok' ? 'code-ok' : 'code-failed'}>
              {code} <b>{countText(count)}</b>
            </li>
          ))}
        </ul>
      </td>
    </tr>
  )
}
