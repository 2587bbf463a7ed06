import { createCalls } from '@marquee/client/calls'
import type { RpcError } from '@marquee/client/result'
import { SystemService, type WatchSystemResponse } from '@marquee/client/system'
import { type WatchEvent, watch } from '@marquee/client/watch'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { optionsOf } from '../clients.ts'
import type { ConnectionState } from '../live/connection.ts'
import type { PageProps } from '../page-props.ts'
import { loadErrorText } from '../rpc-error.ts'
import { Charts } from './charts.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { outages, problems, summary } from './health.ts'
import { InstanceTable } from './instance-table.tsx'
import { MethodDrawer } from './method-drawer.tsx'
import { methodRows } from './method-rows.ts'
import { MethodTable } from './method-table.tsx'
import { isUnreachable, type Monitor, monitorAfter, secondsShown } from './monitor.ts'
import { Partitions } from './partitions.tsx'
import { Refused } from './refused.tsx'
import { StatusStrip } from './status-strip.tsx'
import { createSystemCalls } from './system-calls.ts'
import { Tiles } from './tiles.tsx'
import { millis } from './times.ts'
import { Topology } from './topology.tsx'
import { createView, firstRange, type View } from './view.ts'

/** The current state of the system, from one stream of reports. */
export function SystemPage({ clients, connection, announce }: PageProps) {
  const latest = useSignal<Monitor | undefined>(undefined)
  const refusal = useSignal<RpcError | undefined>(undefined)
  const view = useMemo(createView, [])
  useEffect(() => {
    const stop = new AbortController()
    void watchSystem(stop.signal, (event) => {
      connection.value = event.state === 'failed' ? undefined : event.state
      refusal.value = event.state === 'failed' ? event.error : undefined
      if (event.state !== 'live') return
      // As much as there is to see.
      if (!latest.peek()) view.range.value = firstRange(event.value.samples.length)
      latest.value = monitorAfter(latest.value, event.value)
    })
    return () => {
      stop.abort()
      connection.value = undefined
    }
  }, [])
  useEscape(view)
  const now = useShown(latest.value, view)
  const refused = refusal.value && loadErrorText(refusal.value, 'movie')
  const isLost = refused !== undefined || isDown(connection.value)
  const waiting = refused ?? (isLost ? "Can't reach the movie service" : 'Loading…')
  const spoken = isLost ? staleText(now, refused) : now ? spokenState(now) : waiting
  useEffect(() => {
    if (now) announce(spoken)
  }, [spoken, now === undefined])
  if (refusal.value && !now) {
    return (
      <div class="system">
        <h1 tabIndex={-1}>System</h1>
        <Refused error={refusal.value} addresses={clients.addresses} />
      </div>
    )
  }
  return (
    <div class="system">
      <h1 tabIndex={-1}>System</h1>
      <StatusStrip monitor={now} view={view} waiting={waiting} isOld={isLost} />
      {isLost ? <p class="system-stale">{staleText(now, refused)}</p> : null}
      {isLost && !now ? null : (
        <SystemBody monitor={now} view={view} isOld={isLost} clients={clients} />
      )}
      <Drawer monitor={now} view={view} />
    </div>
  )
}

interface SystemBodyProps {
  readonly monitor: Monitor | undefined
  readonly view: View
  /** True while the stream is lost. */
  readonly isOld: boolean
  readonly clients: PageProps['clients']
}

function SystemBody({ monitor, view, isOld, clients }: SystemBodyProps) {
  const service = view.service.value
  return (
    <>
      <Problems texts={monitor ? problems(monitor.report) : []} />
      <div class="system-body" data-stale={isOld ? '' : undefined}>
        <Tiles monitor={monitor} service={service} />
        <Topology monitor={monitor} service={view.service} />
        <Restriction view={view} />
        <MethodTable monitor={monitor} view={view} />
        <Charts monitor={monitor} view={view} />
        <InstanceTable monitor={monitor} service={service} />
        <Partitions monitor={monitor} />
      </div>
      <DeadLetters
        addresses={clients.addresses}
        deadLetterCount={deadLetterCount(monitor)}
        unreachable={isOld ? 'movie' : isRatingReached(monitor) ? undefined : 'rating'}
      />
    </>
  )
}

async function watchSystem(
  signal: AbortSignal,
  onEvent: (event: WatchEvent<WatchSystemResponse>) => void,
): Promise<void> {
  const options = optionsOf('')
  const system = createCalls(SystemService, options)
  const events = watch((call) => system.watchSystem({}, call), options, { signal })
  for await (const event of events) onEvent(event)
}

/** The latest state, or the one at which the person paused. */
function useShown(latest: Monitor | undefined, { paused }: View): Monitor | undefined {
  const shown = useRef(latest)
  if (!paused.value) shown.current = latest
  return shown.current
}

/** Escape shows all services again. A dialog that is open takes it first. */
function useEscape({ service }: View): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) service.value = ''
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

/** The state without times, so that it is spoken only when it changes. */
function spokenState({ report }: Monitor): string {
  const down = outages(report).map(({ text }) => text)
  return down.length === 0 ? summary(report) : `Degraded: ${down.join(', ')}`
}

function isDown(connection: ConnectionState | undefined): boolean {
  return connection === 'waiting' || connection === 'offline'
}

function staleText(monitor: Monitor | undefined, refused: string | undefined): string {
  if (!monitor) return refused === undefined ? 'Retrying…' : 'Reload the page to try again.'
  const time = new Date(millis(monitor.report.time)).toLocaleTimeString()
  if (refused !== undefined) return `${refused} Showing the state at ${time}.`
  return `Connection lost. Showing the state at ${time}. Reconnecting…`
}

function Problems({ texts }: { texts: readonly string[] }) {
  if (texts.length === 0) return null
  return (
    <ul class="problems" aria-label="Problems">
      {texts.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  )
}

function Restriction({ view: { service } }: { view: View }) {
  if (service.value === '') return null
  return (
    <p class="restriction">
      Only {service.value}.{' '}
      <button type="button" class="small-button" onClick={() => (service.value = '')}>
        Show all services
      </button>
    </p>
  )
}

function Drawer({ monitor, view }: { monitor: Monitor | undefined; view: View }) {
  const calls = useMemo(createSystemCalls, [])
  const key = view.method.value
  const row = monitor && key ? methodRows(monitor).find((one) => one.key === key) : undefined
  if (!monitor || !row) return null
  const close = () => {
    view.method.value = undefined
  }
  return (
    <MethodDrawer
      row={row}
      boundsMs={monitor.boundsMs}
      seconds={secondsShown(monitor)}
      calls={calls}
      onClose={close}
    />
  )
}

function ratingInstances(monitor: Monitor | undefined) {
  const services = monitor?.report.services ?? []
  return services.find(({ service }) => service === 'rating')?.instances ?? []
}

function isRatingReached(monitor: Monitor | undefined): boolean {
  return monitor === undefined || ratingInstances(monitor).some((one) => !isUnreachable(one))
}

/** Number of dead letters that all instances have written since they started. */
function deadLetterCount(monitor: Monitor | undefined): number {
  return ratingInstances(monitor).reduce(
    (total, { activity }) => total + Number(activity?.ingestion?.deadLetterCount ?? 0n),
    0,
  )
}
