import { durationMs } from '@bufbuild/protobuf/wkt'
import type { InstanceReport, ServiceReport } from '@marquee/client/system'
import { countText, latencyText, memoryText } from './format.ts'
import { healthLabels, healthOf, unreachableText } from './health.ts'

/** The topology as a table, for screen readers and for reading in detail. */
export function InstanceTable({ services }: { services: readonly ServiceReport[] }) {
  return (
    <details class="instance-table">
      <summary>Table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="table-frame" aria-label="Instances" tabIndex={0}>
        <table class="table">
          <caption class="visually-hidden">Instances</caption>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">Address</th>
              <th scope="col">Health</th>
              <th scope="col" class="number">
                Probe latency
              </th>
              <th scope="col" class="number">
                In flight
              </th>
              <th scope="col" class="number">
                Memory
              </th>
            </tr>
          </thead>
          <tbody>
            {services.map(({ service, instances }) =>
              instances.length === 0 ? (
                <tr key={service}>
                  <th scope="row">{service}</th>
                  <td colSpan={5}>No known instances</td>
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
    </details>
  )
}

function InstanceRow({ service, instance }: { service: string; instance: InstanceReport }) {
  const { url, latency, activity } = instance
  const health = healthOf(instance)
  return (
    <tr>
      <th scope="row">{service}</th>
      <td>{url}</td>
      <td>
        {healthLabels[health]}
        {health === 'unreachable' ? `: ${unreachableText(instance)}` : ''}
      </td>
      <td class="number">{latencyText(latency && durationMs(latency))}</td>
      <td class="number">{activity ? countText(activity.callsInFlight) : '–'}</td>
      <td class="number">{activity ? memoryText(activity.memoryBytes) : '–'}</td>
    </tr>
  )
}
