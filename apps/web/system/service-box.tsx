import { durationMs } from '@bufbuild/protobuf/wkt'
import type { InstanceReport } from '@marquee/client/system'
import { addressText, ageText, callRateText, latencyText, memoryText } from './format.ts'
import { type Health, healthLabels, healthOf, unreachableText } from './health.ts'
import { historySeconds, type Monitor } from './monitor.ts'
import { millis, sum } from './rates.ts'
import { sparkPath } from './spark-line.ts'
import { type Box, instanceHeight, titleHeight } from './topology-layout.ts'

interface ServiceBoxProps {
  readonly name: string
  readonly box: Box
  readonly instances: readonly InstanceReport[]
  readonly monitor: Monitor | undefined
}

const padding = 16

/** A service: its name, its rate of requests, and a line for each instance. */
export function ServiceBox({ name, box, instances, monitor }: ServiceBoxProps) {
  const rates = instances.map(({ id }) => monitor?.instances.get(id)?.callsPerSecond)
  const isKnown = rates.some((rate) => rate !== undefined)
  const rate = isKnown ? sum(rates.map((one) => one ?? 0)) : undefined
  const isEmpty = monitor !== undefined && instances.length === 0
  return (
    <g class="service" data-empty={isEmpty}>
      <rect class="service-box" {...box} rx={8} />
      <text class="service-name" x={box.x + padding} y={box.y + 32}>
        {name}
      </text>
      <text class="service-rate" x={box.x + box.width - padding} y={box.y + 32}>
        {callRateText(rate)}
      </text>
      {instances.length === 0 ? (
        <text class="instance-detail" x={box.x + padding} y={box.y + titleHeight + 20}>
          {monitor ? 'No known instances' : 'Loading…'}
        </text>
      ) : null}
      {instances.map((instance, index) => (
        <InstanceLine
          key={instance.id}
          instance={instance}
          monitor={monitor}
          x={box.x + padding}
          y={box.y + titleHeight + index * instanceHeight}
          width={box.width - 2 * padding}
        />
      ))}
    </g>
  )
}

interface InstanceLineProps {
  readonly instance: InstanceReport
  readonly monitor: Monitor | undefined
  readonly x: number
  readonly y: number
  readonly width: number
}

function InstanceLine({ instance, monitor, x, y, width }: InstanceLineProps) {
  const health = healthOf(instance)
  const sparkWidth = width > 340 ? 120 : 56
  const textWidth = width - sparkWidth - 84
  const { latency } = instance
  return (
    <g class="instance" data-health={health}>
      <Glyph health={health} x={x + 6} y={y + 14} />
      <text class="instance-address" x={x + 22} y={y + 18}>
        {clip(addressText(instance.url), textWidth, 7.8)}
      </text>
      <text class="instance-detail" x={x + 22} y={y + 33}>
        {clip(detailOf(instance), textWidth, 6.5)}
      </text>
      <SparkLine
        id={instance.id}
        monitor={monitor}
        x={x + width - sparkWidth - 58}
        y={y + 6}
        width={sparkWidth}
      />
      <text class="instance-latency" x={x + width} y={y + 24}>
        {latencyText(latency && health !== 'unreachable' ? durationMs(latency) : undefined)}
      </text>
    </g>
  )
}

interface SparkLineProps extends Omit<InstanceLineProps, 'instance'> {
  readonly id: string
}

/** Probe latency of the instance over the last two minutes. */
function SparkLine({ id, monitor, x, y, width }: SparkLineProps) {
  const values = monitor?.history.map(({ instances }) => instances.get(id)?.latencyMs ?? null) ?? []
  const size = { width, height: 22, countMax: historySeconds }
  return (
    <g transform={`translate(${x} ${y})`}>
      <path class="spark-base" d={`M0 22.5H${width}`} />
      <path class="spark" d={sparkPath(values, size)} />
    </g>
  )
}

/** A symbol of health, by form as well as colour. */
function Glyph({ health, x, y }: { health: Health; x: number; y: number }) {
  const at = `translate(${x} ${y})`
  if (health === 'serving') return <circle class="glyph" r={6} transform={at} />
  if (health === 'not-serving') {
    return <path class="glyph" d="M0-7 7.5 6h-15Z" transform={at} />
  }
  if (health === 'unreachable') {
    return <path class="glyph-line" d="M-5-5 5 5M5-5-5 5" transform={at} />
  }
  return <circle class="glyph-line" r={5} transform={at} />
}

function detailOf(instance: InstanceReport): string {
  const health = healthOf(instance)
  const { activity } = instance
  if (health === 'unreachable') return unreachableText(instance)
  if (!activity) return healthLabels[health]
  const age = ageText((millis(activity.time) - millis(activity.startTime)) / 1000)
  const words = health === 'serving' ? [] : [healthLabels[health]]
  return [...words, `up ${age}`, memoryText(activity.memoryBytes)].join(' · ')
}

/** Cuts text that is too long for the width, because SVG does not: it ends in an ellipsis. */
function clip(text: string, width: number, characterWidth: number): string {
  const countMax = Math.max(4, Math.floor(width / characterWidth))
  return text.length <= countMax ? text : `${text.slice(0, countMax - 1)}…`
}
