import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { serviceNames, tryPath } from '../try/try-path.ts'
import { CopyButton } from './copy-button.tsx'
import { countText, latencyText, percentText, quantileText, rateText } from './format.ts'
import { Codes, MethodName } from './method-row.tsx'
import type { MethodRow } from './method-rows.ts'
import { RecentCalls } from './recent-calls.tsx'
import type { SystemCalls } from './system-calls.ts'

interface MethodDrawerProps {
  readonly row: MethodRow
  readonly boundsMs: readonly number[]
  /** Seconds over which the figures of the row are. */
  readonly seconds: number
  readonly calls: SystemCalls
  readonly onClose: () => void
}

/** The details of a method: its durations, its codes, and its last calls. */
export function MethodDrawer({ row, boundsMs, seconds, calls, onClose }: MethodDrawerProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const requestId = useSignal<string | undefined>(undefined)
  useEffect(() => {
    requestId.value = undefined
    if (!dialog.current?.open) dialog.current?.showModal()
  }, [row.key])
  return (
    <dialog ref={dialog} class="drawer" aria-labelledby="drawer-title" onClose={onClose}>
      <form method="dialog" class="drawer-head">
        <h2 id="drawer-title">
          <MethodName method={row.method} />
        </h2>
        <button type="submit" class="small-button">
          Close
        </button>
      </form>
      <p class="table-note">
        {row.service} · {row.protocol} ·{' '}
        {row.perSecond === 0
          ? `no calls in the last ${seconds} s`
          : `${rateText(row.perSecond)} per second · ${percentText(row.faultPercent)} errors`}
      </p>
      <section class="drawer-part" aria-labelledby="codes-title">
        <h3 id="codes-title">Codes since start</h3>
        <Codes row={row} />
      </section>
      {row.perSecond === 0 ? null : <Durations row={row} boundsMs={boundsMs} seconds={seconds} />}
      <RecentCalls row={row} calls={calls} requestId={requestId} />
      <Actions row={row} requestId={requestId.value} />
    </dialog>
  )
}

/** The calls of the window by duration. */
function Durations({
  row: { buckets, p50, p95, p99 },
  boundsMs,
  seconds,
}: Pick<MethodDrawerProps, 'row' | 'boundsMs' | 'seconds'>) {
  const text = (ms: number | undefined) => quantileText(ms, boundsMs)
  const most = Math.max(...buckets, 1)
  const labelOf = (index: number) => {
    const bound = boundsMs[index]
    return bound === undefined ? `>${latencyText(boundsMs.at(-1))}` : `≤${latencyText(bound)}`
  }
  return (
    <section class="drawer-part" aria-labelledby="durations-title">
      <h3 id="durations-title">Durations, last {seconds} s</h3>
      <p class="table-note">
        p50 {text(p50)} · p95 {text(p95)} · p99 {text(p99)}
      </p>
      <ul class="durations">
        {buckets.map((count, index) =>
          count === 0 ? null : (
            <li key={labelOf(index)} class="duration">
              <span class="number">{labelOf(index)}</span>
              <svg class="bar" height="12" aria-hidden="true">
                <rect class="bar-all" height="12" width={`${(count / most) * 100}%`} />
              </svg>
              <span class="number">{countText(count)}</span>
            </li>
          ),
        )}
      </ul>
    </section>
  )
}

function Actions({ row, requestId }: { row: MethodRow; requestId: string | undefined }) {
  const [typeName = '', name] = row.method.split('/')
  const at = serviceNames.find((one) => one === row.service)
  const isRpc = name !== undefined && !row.method.includes(' ')
  const query =
    requestId === undefined
      ? `jq -c 'select(.method == ${JSON.stringify(row.method)})'`
      : `jq -c 'select(.requestId == ${JSON.stringify(requestId)})'`
  return (
    <p class="drawer-actions">
      {isRpc && at ? <a href={tryPath(typeName, name, at)}>Open in API explorer</a> : null}
      <CopyButton key={query} label="Copy log query" text={query} />
    </p>
  )
}
