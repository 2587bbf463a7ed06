import {
  type Activity,
  type Ingestion,
  Ingestion_State,
  type InstanceReport,
  type PartitionProgress,
} from '@marquee/client/system'
import { addressText, ageText, countText, perSecondText } from './format.ts'
import { secondsBetween } from './growth.ts'
import { isUnreachable, type Monitor } from './monitor.ts'
import { millis } from './times.ts'

const stateLabels: Readonly<Record<number, string>> = {
  [Ingestion_State.RUNNING]: 'running',
  [Ingestion_State.FAILING]: 'failing, retrying',
  [Ingestion_State.WAITING]: 'waiting: other instances own all partitions',
  [Ingestion_State.STOPPED]: 'stopped',
}

/** Lag of a full bar, at least. */
const lagMin = 1000

/** Progress of ingestion, by instance and partition. */
export function Partitions({ monitor }: { monitor: Monitor | undefined }) {
  const rating = monitor?.report.services.find(({ service }) => service === 'rating')
  const reading = (rating?.instances ?? []).filter(({ activity }) => activity?.ingestion)
  const lags = reading.flatMap(({ activity }) =>
    (activity?.ingestion?.partitions ?? []).map(({ lag }) => Number(lag)),
  )
  return (
    <section class="partitions" id="ingestion" aria-labelledby="partitions-title">
      <h2 id="partitions-title">Ingestion by partition</h2>
      {reading.length === 0 ? (
        <p class="table-note">
          {monitor ? 'No instance of rating reports ingestion.' : 'Loading…'}
        </p>
      ) : null}
      {monitor &&
        reading.map((instance) => (
          <Reader
            key={instance.id}
            instance={instance}
            monitor={monitor}
            lagMax={Math.max(...lags, lagMin)}
          />
        ))}
    </section>
  )
}

interface ReaderProps {
  readonly instance: InstanceReport
  readonly monitor: Monitor
  /** The lag of a bar of full width. */
  readonly lagMax: number
}

/** Partitions of an instance, as it reported them last when it does not respond. */
function Reader({ instance, monitor, lagMax }: ReaderProps) {
  const { activity, url } = instance
  if (!activity?.ingestion) return null
  const { partitions, failure } = activity.ingestion
  const isStale = isUnreachable(instance)
  const age = (millis(monitor.report.time) - millis(activity.time)) / 1000
  const first = monitor.windows.get(instance.id)?.[0]
  return (
    <div class="reader" data-stale={isStale ? '' : undefined}>
      <p class="reader-head">
        <b>{addressText(url)}</b>{' '}
        {isStale ? `last seen ${ageText(age)} ago` : stateText(activity.ingestion)}
      </p>
      {failure && !isStale ? <p class="reader-failure">{failure}</p> : null}
      <ul class="reader-partitions">
        {partitions.map((one) => (
          <Partition
            key={one.partition}
            progress={one}
            lagMax={lagMax}
            perSecond={isStale ? undefined : rateOf(one, first, activity)}
          />
        ))}
      </ul>
    </div>
  )
}

function stateText({ state, restartCount }: Ingestion): string {
  const label = stateLabels[state] ?? 'unknown'
  return restartCount > 0n ? `${label}, restarted ${countText(restartCount)} times` : label
}

interface PartitionProps {
  readonly progress: PartitionProgress
  readonly lagMax: number
  readonly perSecond: number | undefined
}

function Partition({ progress, lagMax, perSecond }: PartitionProps) {
  const { partition, position, lag, failing } = progress
  // Logarithmic, so that a lag of ten can be seen beside one of a million.
  const width = (Math.log1p(Number(lag)) / Math.log1p(lagMax)) * 100
  return (
    <li class="partition" data-failing={failing}>
      <span class="partition-name">
        Partition {partition}
        {failing ? ', failing' : ''}
      </span>
      {lag > 0n ? (
        <svg class="bar" height="12" aria-hidden="true">
          <rect class="bar-all" height="12" rx="2" width={`${width}%`} />
        </svg>
      ) : (
        <span class="bar-none" />
      )}
      <span class="number">lag {countText(lag)}</span>
      <span class="number">{perSecondText(perSecond)}</span>
      <span class="partition-position number">at {countText(position)}</span>
    </li>
  )
}

/** Events of a partition read per second. */
function rateOf(
  { partition, position }: PartitionProgress,
  first: Activity | undefined,
  now: Activity,
) {
  const before = first?.ingestion?.partitions.find((one) => one.partition === partition)
  const seconds = secondsBetween(first, now)
  return before && seconds ? Math.max(0, Number(position - before.position)) / seconds : undefined
}
