import type { Signal } from '@preact/signals'
import { ageText } from './format.ts'
import { outages, summary } from './health.ts'
import type { Monitor } from './monitor.ts'
import { millis } from './times.ts'
import { type Range, rangeLabels, ranges, type View } from './view.ts'

interface StatusStripProps {
  readonly monitor: Monitor | undefined
  readonly view: View
  /** Text in place of the state while there is none. */
  readonly waiting: string
  /** True while the stream is lost, so that the state is that of an earlier time. */
  readonly isOld: boolean
}

/** The state of the system in one line, with the controls of the page. It stays in view. */
export function StatusStrip({ monitor, view, waiting, isOld }: StatusStripProps) {
  const [first, ...others] = monitor ? outages(monitor.report) : []
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  const since = first?.seconds === undefined ? '' : ` for ${ageText(first.seconds)}`
  const paused = view.paused.value
  const level = isOld || !monitor ? 'unknown' : first ? 'critical' : 'normal'
  return (
    <div class="status-strip" data-level={level} data-stale={isOld ? '' : undefined}>
      <p class="status-text">
        <span class="status-mark" aria-hidden="true">
          {first ? '▲' : '●'}
        </span>{' '}
        {monitor && paused ? `Paused at ${timeText(monitor)}. ` : ''}
        {monitor && isOld ? 'Last known: ' : ''}
        {first
          ? `Degraded: ${first.text}${more}${since}`
          : monitor
            ? summary(monitor.report)
            : waiting}
      </p>
      {first ? (
        <button
          type="button"
          class="small-button"
          onClick={() => {
            view.service.value = first.service
          }}
        >
          Show
        </button>
      ) : null}
      <div class="status-controls">
        <RangeChoice range={view.range} />
        <button
          type="button"
          class="small-button pause"
          aria-pressed={paused}
          disabled={!monitor}
          onClick={() => {
            view.paused.value = !paused
          }}
        >
          {paused ? 'Resume' : 'Pause'}
        </button>
      </div>
    </div>
  )
}

function timeText({ report }: Monitor): string {
  return new Date(millis(report.time)).toLocaleTimeString()
}

function RangeChoice({ range }: { range: Signal<Range> }) {
  return (
    <fieldset class="ranges">
      <legend class="visually-hidden">Time range of the charts</legend>
      {ranges.map((one) => (
        <label key={one} class="range">
          <input
            type="radio"
            name="range"
            checked={range.value === one}
            onChange={() => {
              range.value = one
            }}
          />
          <span>{rangeLabels[one]}</span>
        </label>
      ))}
    </fieldset>
  )
}
