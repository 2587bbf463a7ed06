import { createCalls } from '@marquee/client/calls'
import { SystemService, type WatchSystemResponse } from '@marquee/client/system'
import { type WatchEvent, watch } from '@marquee/client/watch'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { optionsOf } from '../clients.ts'
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
  useEffect(() => {
    const stop = new AbortController()
    void watchSystem(stop.signal, (event) => {
      connection.value = event.state === 'failed' ? undefined : event.state
      if (event.state === 'live') monitor.value = monitorAfter(monitor.value, event.value)
    })
    return () => {
      stop.abort()
      connection.value = undefined
    }
  }, [])
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

async function watchSystem(
  signal: AbortSignal,
  onEvent: (event: WatchEvent<WatchSystemResponse>) => void,
): Promise<void> {
  const options = optionsOf('')
  const system = createCalls(SystemService, options)
  const events = watch((call) => system.watchSystem({}, call), options, { signal })
  for await (const event of events) onEvent(event)
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
