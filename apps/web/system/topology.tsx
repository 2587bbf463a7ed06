import type { Ingestion } from '@marquee/client/system'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { countText, rateText } from './format.ts'
import { summary } from './health.ts'
import type { Monitor } from './monitor.ts'
import { sum } from './rates.ts'
import { ServiceBox } from './service-box.tsx'
import { type Arrow, type Box, layOut } from './topology-layout.ts'

/** A diagram of the services and their instances, with arrows for calls and events. */
export function Topology({ monitor }: { monitor: Monitor | undefined }) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const services = monitor?.report.services ?? []
  const instancesOf = (name: string) =>
    services.find(({ service }) => service === name)?.instances ?? []
  const count = (name: string) => instancesOf(name).length
  const layout = layOut(width, {
    movie: count('movie'),
    metadata: count('metadata'),
    rating: count('rating'),
  })
  const events = eventsOf(monitor)
  const box = (name: 'movie' | 'metadata' | 'rating') => (
    <ServiceBox name={name} box={layout[name]} instances={instancesOf(name)} monitor={monitor} />
  )
  return (
    <div class="topology" ref={frame}>
      <svg
        width={layout.width}
        height={layout.height}
        role="img"
        aria-label={`Services: ${monitor ? summary(services) : 'loading'}. The table below has the same data.`}
      >
        <defs>
          <marker
            id="arrow-head"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            orient="auto"
          >
            <path class="arrow-head" d="M0 0.5 8 4 0 7.5Z" />
          </marker>
        </defs>
        {layout.arrows.map((arrow) => (
          <ArrowPath key={arrow.id} arrow={arrow} />
        ))}
        {box('movie')}
        {box('metadata')}
        {box('rating')}
        <Store box={layout.events} title="Event log" text={events.text} />
        <Store box={layout.deadLetters} title="Dead letters" text={events.deadLetterText} />
      </svg>
    </div>
  )
}

function ArrowPath({ arrow }: { arrow: Arrow }) {
  return <path class="arrow" d={arrow.path} marker-end="url(#arrow-head)" />
}

function Store({ box, title, text }: { box: Box; title: string; text: string }) {
  return (
    <g class="store">
      <rect
        class="store-box"
        x={box.x}
        y={box.y}
        width={box.width}
        height={box.height}
        rx={box.height / 2}
      />
      <text class="store-title" x={box.x + box.width / 2} y={box.y + 24}>
        {title}
      </text>
      <text class="store-text" x={box.x + box.width / 2} y={box.y + 42}>
        {text}
      </text>
    </g>
  )
}

function eventsOf(monitor: Monitor | undefined) {
  const rating = monitor?.report.services.find(({ service }) => service === 'rating')
  const instances = rating?.instances ?? []
  const ingestions = instances.map(({ activity }) => activity?.ingestion)
  const known = ingestions.filter((one): one is Ingestion => one !== undefined)
  if (known.length === 0) return { text: monitor ? 'no consumer' : '–', deadLetterText: '–' }
  const rates = instances.map(({ id }) => monitor?.instances.get(id)?.appliedPerSecond)
  const isRateKnown = rates.some((rate) => rate !== undefined)
  const rate = isRateKnown ? sum(rates.map((one) => one ?? 0)) : undefined
  const lag = sum(known.flatMap(({ partitions }) => partitions.map((one) => Number(one.lag))))
  const deadLetterCount = sum(known.map((one) => Number(one.deadLetterCount)))
  return {
    text: `${rateText(rate)}/s · lag ${countText(lag)}`,
    deadLetterText: `${countText(deadLetterCount)} since start`,
  }
}

/** The element's width, measured before the first paint. */
function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(Math.min(1280, document.documentElement.clientWidth))
  useLayoutEffect(() => {
    const element = frame.current
    if (!element) return
    setWidth(Math.floor(element.clientWidth))
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [frame])
  return width
}
