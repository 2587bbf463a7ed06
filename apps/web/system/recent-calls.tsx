import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Failure } from '../failure.tsx'
import { latencyText } from './format.ts'
import type { MethodRow } from './method-rows.ts'
import type { ListedCalls, SystemCall, SystemCalls } from './system-calls.ts'
import { exactMillis, exactTime } from './times.ts'
import { Waterfall } from './waterfall.tsx'

/** Number of calls in the list, and the time until it is read again. */
const countMax = 20
const refreshMs = 5_000

interface RecentCallsProps {
  readonly row: MethodRow
  readonly calls: SystemCalls
  /** The call whose parts are shown. */
  readonly requestId: Signal<string | undefined>
}

/** The last calls of a method; each opens its parts in all services. */
export function RecentCalls({ row, calls, requestId }: RecentCallsProps) {
  const listed = useSignal<ListedCalls | undefined>(undefined)
  const { service, method } = row
  const load = async () => {
    listed.value = await calls({ service, method, pageSize: countMax })
  }
  useEffect(() => {
    void load()
    const timer = setInterval(() => document.hidden || void load(), refreshMs)
    return () => clearInterval(timer)
  }, [service, method])
  const shown = listed.value?.kind === 'found' ? newest(listed.value.calls, row.protocol) : []
  return (
    <section class="drawer-part" aria-labelledby="recent-title">
      <h3 id="recent-title">Last calls</h3>
      {listed.value?.kind === 'failed' ? (
        <Failure
          title="Couldn't read the calls"
          text={listed.value.reason}
          retry={() => void load()}
        />
      ) : null}
      {listed.value === undefined ? <p class="table-note">Loading…</p> : null}
      {listed.value?.kind === 'found' && listed.value.missing ? (
        <p class="table-note">Calls of {listed.value.missing} are missing: it does not respond.</p>
      ) : null}
      {listed.value?.kind === 'found' && shown.length === 0 ? (
        <p class="table-note">
          {row.internal ? 'Internal calls are not kept.' : 'None of the last 500 calls.'}
        </p>
      ) : null}
      <ul class="calls">
        {shown.map((call) => (
          <li key={`${call.requestId} ${exactTime(call.startTime)}`} class="call">
            <CallButton call={call} requestId={requestId} />
            {call.requestId !== '' && call.requestId === requestId.value ? (
              <Waterfall requestId={call.requestId} calls={calls} />
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  )
}

function CallButton({
  call,
  requestId,
}: {
  call: SystemCall
  requestId: Signal<string | undefined>
}) {
  const { code, fault, duration, startTime } = call
  return (
    <button
      type="button"
      class="call-open"
      aria-expanded={requestId.value === call.requestId}
      disabled={call.requestId === ''}
      onClick={() => {
        requestId.value = requestId.value === call.requestId ? undefined : call.requestId
      }}
    >
      <time>{new Date(exactTime(startTime)).toLocaleTimeString()}</time>
      <span data-fault={fault}>{code}</span>
      <span class="number">{latencyText(duration && exactMillis(duration))}</span>
      <span class="call-id">{call.requestId || 'no id'}</span>
    </button>
  )
}

function newest(calls: readonly SystemCall[], protocol: string): SystemCall[] {
  return calls
    .filter((one) => one.protocol === protocol)
    .toSorted((a, b) => exactTime(b.startTime) - exactTime(a.startTime))
    .slice(0, countMax)
}
