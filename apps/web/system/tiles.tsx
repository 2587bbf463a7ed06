import { lagText, percentText, quantileText, rateText } from './format.ts'
import { type Headline, headlines, type Level } from './headline.ts'
import type { Monitor } from './monitor.ts'
import { sparkPath } from './spark-line.ts'

const titles: Readonly<Record<Headline['id'], string>> = {
  requests: 'Requests per second',
  errors: 'Error rate',
  latency: 'p95 latency',
  lag: 'Ingest lag (events)',
}

type Text = (value: number | undefined, boundsMs: readonly number[]) => string

const texts: Readonly<Record<Headline['id'], Text>> = {
  requests: rateText,
  errors: percentText,
  latency: quantileText,
  lag: lagText,
}

const levels: Readonly<Record<Level, string>> = {
  normal: '',
  warning: 'High',
  critical: 'Critical',
}

const size = { width: 120, height: 28 }
/** Number of samples that fill the width of a sparkline: two minutes. It grows to 15. */
const countMin = 24

interface TilesProps {
  readonly monitor: Monitor | undefined
  /** Empty for all services together. */
  readonly service: string
}

/** The four figures that matter first, each with its last 15 minutes. */
export function Tiles({ monitor, service }: TilesProps) {
  const found = monitor && headlines(monitor, service)
  const ids = Object.keys(titles) as Headline['id'][]
  return (
    <section aria-label={`Key figures of ${service || 'all services'}`}>
      <ul class="tiles">
        {ids.map((id) => (
          <Tile
            key={id}
            id={id}
            headline={found?.find((one) => one.id === id)}
            boundsMs={monitor?.boundsMs ?? []}
          />
        ))}
      </ul>
    </section>
  )
}

interface TileProps {
  readonly id: Headline['id']
  readonly headline: Headline | undefined
  readonly boundsMs: readonly number[]
}

function Tile({ id, headline, boundsMs }: TileProps) {
  const { value, values = [], level = 'normal' } = headline ?? {}
  const path = sparkPath(
    values.map((one) => (one === Number.POSITIVE_INFINITY ? null : one)),
    { ...size, countMax: Math.max(countMin, values.length) },
  )
  return (
    <li class="tile" data-level={level}>
      <h2 class="tile-title">{titles[id]}</h2>
      <p class="tile-value">
        {texts[id](value, boundsMs)}
        {level === 'normal' ? null : <span class="tile-level">{levels[level]}</span>}
      </p>
      <svg
        class="tile-spark"
        viewBox={`0 0 ${size.width} ${size.height}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path class="spark" d={path} />
      </svg>
    </li>
  )
}
