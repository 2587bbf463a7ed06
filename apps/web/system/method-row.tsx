import { Fragment } from 'preact'
import { countText, percentText, quantileText, rateText } from './format.ts'
import type { MethodRow } from './method-rows.ts'
import { windowSeconds } from './monitor.ts'
import { sparkPath } from './spark-line.ts'

const size = { width: 96, height: 18 }

interface MethodTableRowProps {
  readonly row: MethodRow
  readonly boundsMs: readonly number[]
  readonly onOpen: (key: string) => void
}

/** A method; a click opens its last calls. */
export function MethodTableRow({ row, boundsMs, onOpen }: MethodTableRowProps) {
  const { key, service, protocol, perSecond, streaming, internal, stale } = row
  return (
    <tr class="method-line" data-stale={stale ? '' : undefined}>
      <th scope="row">
        <button
          type="button"
          class="method-open"
          aria-haspopup="dialog"
          onClick={() => onOpen(key)}
        >
          <MethodName method={row.method} />
        </button>
        <span class="method-at">
          {service} · {protocol}
        </span>
        {streaming ? <span class="tag">stream</span> : null}
        {internal ? <span class="tag">internal</span> : null}
      </th>
      <td class="method-extra">{service}</td>
      <td class="method-extra">{protocol}</td>
      <td class="number">{rateText(perSecond)}</td>
      <Percentiles row={row} boundsMs={boundsMs} />
      <td class="number" data-fault={(row.faultPercent ?? 0) > 0}>
        {percentText(row.faultPercent)}
      </td>
      <td class="method-wide">
        <Codes row={row} />
      </td>
      <td class="method-wide">
        <svg class="row-spark" {...size} aria-hidden="true">
          <path class="spark" d={sparkPath(row.rates, { ...size, countMax: windowSeconds })} />
        </svg>
      </td>
    </tr>
  )
}

function Percentiles({
  row: { p50, p95, p99 },
  boundsMs,
}: Pick<MethodTableRowProps, 'row' | 'boundsMs'>) {
  return (
    <>
      <td class="number method-extra">{quantileText(p50, boundsMs)}</td>
      <td class="number">{quantileText(p95, boundsMs)}</td>
      <td class="number method-extra">{quantileText(p99, boundsMs)}</td>
    </>
  )
}

/** The method's name, without its package, which the column of the service names. */
export function MethodName({ method }: { method: string }) {
  const [typeName = '', name] = method.split('/')
  if (method === 'unknown') return <b>Unknown path</b>
  if (name === undefined || method.includes(' ')) return <b>{method}</b>
  return (
    <>
      <span class="method-service">{typeName.slice(typeName.lastIndexOf('.') + 1)}/</span>
      <wbr />
      <b>{breakable(name)}</b>
    </>
  )
}

/** A name that may break between its words: `Get`, `Movie` and `Details`. */
function breakable(name: string) {
  return name.split(/(?=[A-Z])/).map((word) => (
    <Fragment key={word}>
      {word}
      <wbr />
    </Fragment>
  ))
}

/** Calls by code since the start. Only codes of a fault of the service are in a warning colour. */
export function Codes({ row: { codes } }: { row: MethodRow }) {
  return (
    <ul class="codes">
      {codes.map(({ code, fault, count }) => (
        <li key={code} data-fault={fault}>
          {code} <b>{countText(count)}</b>
        </li>
      ))}
    </ul>
  )
}
