import type { InstanceReport } from '@marquee/client/system'
import { ageText, countText, latencyText, memoryText } from './format.ts'
import { healthLabels, healthOf, unreachableText } from './health.ts'
import { isUnreachable, type Monitor } from './monitor.ts'
import { exactMillis, millis } from './times.ts'

interface InstanceTableProps {
  readonly monitor: Monitor | undefined
  /** Empty for all services. */
  readonly service: string
}

const columns = ['Service', 'Address', 'Health', 'Up for', 'Probe latency', 'In flight', 'Memory']

/** Columns for which phones have no room. The address is below the service there. */
const wideColumns: readonly string[] = ['Address', 'Up for', 'In flight']

function classOf(title: string, isNumber = false): string {
  return [isNumber && 'number', wideColumns.includes(title) && 'instance-wide']
    .filter(Boolean)
    .join(' ')
}

/** The instances of the services. */
export function InstanceTable({ monitor, service: wanted }: InstanceTableProps) {
  const services = monitor?.report.services ?? []
  const shown = services.filter(({ service }) => wanted === '' || service === wanted)
  return (
    <section class="instances" aria-labelledby="instances-title">
      <h2 id="instances-title">Instances</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="table-frame" aria-label="Table of instances" tabIndex={0}>
        <table class="table">
          <caption class="visually-hidden">Instances</caption>
          <thead>
            <tr>
              {columns.map((title, index) => (
                <th key={title} scope="col" class={classOf(title, index > 2)}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ service, instances }) =>
              instances.length === 0 ? (
                <tr key={service}>
                  <th scope="row">{service}</th>
                  <td colSpan={columns.length - 1}>No known instances</td>
                </tr>
              ) : (
                instances.map((instance) => (
                  <InstanceRow key={instance.id} service={service} instance={instance} />
                ))
              ),
            )}
          </tbody>
        </table>
      </section>
    </section>
  )
}

function InstanceRow({ service, instance }: { service: string; instance: InstanceReport }) {
  const { url, latency } = instance
  const health = healthOf(instance)
  // The last activity of an instance that does not respond is old.
  const activity = isUnreachable(instance) ? undefined : instance.activity
  const upSeconds = activity && (millis(activity.time) - millis(activity.startTime)) / 1000
  return (
    <tr>
      <th scope="row">
        {service}
        <span class="instance-at">{url}</span>
      </th>
      <td class={classOf('Address')}>{url}</td>
      <td data-health={health}>
        {healthLabels[health]}
        {health === 'unreachable' ? `: ${unreachableText(instance)}` : ''}
      </td>
      <td class={classOf('Up for', true)}>{upSeconds === undefined ? '–' : ageText(upSeconds)}</td>
      <td class="number">{latencyText(activity && latency && exactMillis(latency))}</td>
      <td class={classOf('In flight', true)}>
        {activity ? countText(activity.callsInFlight) : '–'}
      </td>
      <td class="number">{activity ? memoryText(activity.memoryBytes) : '–'}</td>
    </tr>
  )
}
