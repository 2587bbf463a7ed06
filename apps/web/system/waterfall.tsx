import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { latencyText } from './format.ts'
import { MethodName } from './method-row.tsx'
import type { ListedCalls, SystemCalls } from './system-calls.ts'
import { type WaterfallBar, waterfallBars } from './waterfall-bars.ts'

interface WaterfallProps {
  readonly requestId: string
  readonly calls: SystemCalls
}

/** The parts of one call in all services, each where it began, by the services' own clocks. */
export function Waterfall({ requestId, calls }: WaterfallProps) {
  const listed = useSignal<ListedCalls | undefined>(undefined)
  useEffect(() => {
    let isCurrent = true
    listed.value = undefined
    void calls({ requestId }).then((found) => {
      if (isCurrent) listed.value = found
    })
    return () => {
      isCurrent = false
    }
  }, [requestId])
  const found = listed.value
  const bars = found?.kind === 'found' ? waterfallBars(found.calls) : []
  return (
    <div class="call-parts">
      {found === undefined ? <p class="table-note">Loading…</p> : null}
      {found?.kind === 'failed' ? (
        <p class="table-note">Couldn't read the call: {found.reason}</p>
      ) : null}
      {found?.kind === 'found' && bars.length === 0 ? (
        <p class="table-note">It is no longer among the last 500 calls.</p>
      ) : null}
      {found?.kind === 'found' && found.missing ? (
        <p class="table-note">Parts in {found.missing} are missing: it does not respond.</p>
      ) : null}
      <ol class="waterfall" aria-label="Parts of the call">
        {bars.map((bar, index) => (
          <Part key={index} bar={bar} />
        ))}
      </ol>
    </div>
  )
}

function Part({ bar: { call, durationMs, start, width } }: { bar: WaterfallBar }) {
  return (
    <li class="part" data-fault={call.fault}>
      <span class="part-name">
        <span class="method-service">{call.service} </span>
        <MethodName method={call.method} />
      </span>
      <span class="number">
        {call.code === 'ok' ? '' : `${call.code} `}
        {latencyText(durationMs)}
      </span>
      <svg class="part-time" height="10" aria-hidden="true">
        <rect class="part-bar" height="10" rx="2" x={`${start}%`} width={`${width}%`} />
      </svg>
    </li>
  )
}
