import { type Ingestion, Ingestion_State, type ServiceReport } from '@marquee/client/system'
import { addressText, countText } from './format.ts'

const stateLabels: Readonly<Record<number, string>> = {
  [Ingestion_State.RUNNING]: 'running',
  [Ingestion_State.FAILING]: 'failing, retrying',
  [Ingestion_State.WAITING]: 'waiting: other instances own all partitions',
  [Ingestion_State.STOPPED]: 'stopped',
}

/** Progress of ingestion, by instance and partition. */
export function Partitions({ services }: { services: readonly ServiceReport[] }) {
  const instances = services.find(({ service }) => service === 'rating')?.instances ?? []
  const reading = instances.flatMap(({ id, url, activity }) =>
    activity?.ingestion ? [{ id, url, ingestion: activity.ingestion }] : [],
  )
  const lags = reading.flatMap(({ ingestion }) =>
    ingestion.partitions.map((one) => Number(one.lag)),
  )
  const lagMax = Math.max(...lags, 10)
  return (
    <section class="partitions" aria-labelledby="partitions-title">
      <h2 id="partitions-title">Ingestion by partition</h2>
      {reading.length === 0 ? (
        <p class="table-note">
          {services.length === 0 ? 'Loading…' : 'No instance of rating reports ingestion.'}
        </p>
      ) : null}
      {reading.map(({ id, url, ingestion }) => (
        <Reader key={id} name={addressText(url)} ingestion={ingestion} lagMax={lagMax} />
      ))}
    </section>
  )
}

interface ReaderProps {
  readonly name: string
  readonly ingestion: Ingestion
  /** The longest lag, which has a bar of full width. */
  readonly lagMax: number
}

function Reader({ name, ingestion, lagMax }: ReaderProps) {
  const { state, partitions, failure, restartCount } = ingestion
  return (
    <div class="reader">
      <p class="reader-head">
        <b>{name}</b> {stateLabels[state] ?? 'unknown'}
        {restartCount > 0n ? `, restarted ${countText(restartCount)} times` : ''}
      </p>
      {failure ? <p class="reader-failure">{failure}</p> : null}
      <ul class="reader-partitions">
        {partitions.map(({ partition, position, lag, failing }) => (
          <li key={partition} class="partition" data-failing={failing}>
            <span class="partition-name">
              Partition {partition}
              {failing ? ', failing' : ''}
            </span>
            <svg class="bar" height="12" aria-hidden="true">
              <rect class="bar-all" height="12" rx="2" width={`${(Number(lag) / lagMax) * 100}%`} />
            </svg>
            <span class="number">lag {countText(lag)}</span>
            <span class="partition-position number">at {countText(position)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
