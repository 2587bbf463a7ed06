import { createClient } from '@connectrpc/connect'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { SystemService, type WatchSystemResponse } from '../../../gen/system/v1/system_pb.ts'
import { createTransport } from '../clients.ts'
import { keepWatching } from '../live/keep-watching.ts'
import type { PageProps } from '../page-props.ts'
import { Charts } from './charts.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { problems, summary } from './health.ts'
import { InstanceTable } from './instance-table.tsx'
import { MethodRates } from './method-rates.tsx'
import { type Monitor, monitorAfter } from './monitor.ts'
import { Partitions } from './partitions.tsx'
import { millis } from './rates.ts'
import { Topology } from './topology.tsx'

/** The current state of the system, from one stream of reports. */
export function SystemPage({ clients, connection, announce }: PageProps) {
  const monitor = useSignal<Monitor | undefined>(undefined)
  const movie = useMemo(() => createClient(SystemService, createTransport('')), [])
  useEffect(() => {
    const stop = new AbortController()
    void keepWatching<WatchSystemResponse>({
      signal: stop.signal,
      open: (signal) => movie.watchSystem({}, { signal, timeoutMs: 0 }),
      onMessage: (report) => {
        monitor.value = monitorAfter(monitor.value, report)
      },
      onState: (state) => {
        connection.value = state
      },
    })
    return () => {
      stop.abort()
      connection.value = undefined
    }
  }, [movie])
  const now = monitor.value
  const state = connection.value
  const services = now?.report.services ?? []
  const isLost = state === 'waiting' || state === 'offline'
  const text = now ? summary(services) : isLost ? "Can't reach the movie service" : 'Loading…'
  useEffect(() => {
    if (now) announce(text)
  }, [text, now === undefined])
  return (
    <div class="system">
      <header class="system-head">
        <h1 tabIndex={-1}>System</h1>
        <p class="system-summary">{text}</p>
        <p class="system-stale">{isLost ? staleText(now) : ''}</p>
      </header>
      <Problems texts={problems(services)} />
      <div class={isLost ? 'system-body system-old' : 'system-body'}>
        <Topology monitor={now} />
        <InstanceTable services={services} />
        <Charts monitor={now} />
        <MethodRates monitor={now} />
        <Partitions services={services} />
      </div>
      <DeadLetters addresses={clients.addresses} deadLetterCount={deadLetterCount(now)} />
    </div>
  )
}

function staleText(monitor: Monitor | undefined): string {
  if (!monitor) return 'Retrying…'
  const time = new Date(millis(monitor.report.time)).toLocaleTimeString()
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

/** Number of dead letters that all instances have written since they started. */
function deadLetterCount(monitor: Monitor | undefined): number {
  const instances = monitor?.report.services.flatMap((service) => service.instances) ?? []
  return instances.reduce(
    (total, { activity }) => total + Number(activity?.ingestion?.deadLetterCount ?? 0n),
    0,
  )
}
