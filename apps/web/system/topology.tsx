import type { Signal } from '@preact/signals'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Glyph } from './glyph.tsx'
import type { Monitor } from './monitor.ts'
import { type EdgeFacts, edgeFacts, serviceFacts } from './node-facts.ts'
import {
  type Box,
  type Edge,
  type EdgeName,
  layOut,
  topologyHeight,
  topologyWidthMin,
} from './topology-layout.ts'

interface TopologyProps {
  readonly monitor: Monitor | undefined
  /** Service by which the page is filtered; empty for none. */
  readonly service: Signal<string>
}

const services = ['movie', 'metadata', 'rating'] as const

/** Topics, with the section of the page that has their details. */
const topics = [
  { name: 'events', title: 'Event log', section: 'ingestion' },
  { name: 'deadLetters', title: 'Dead letters', section: 'dead-letters' },
] as const

/** The services and their traffic. A click on a service filters the page. */
export function Topology({ monitor, service }: TopologyProps) {
  const frame = useRef<HTMLElement>(null)
  const width = useWidth(frame)
  return (
    <section class="topology" ref={frame} aria-label="Services">
      {width < topologyWidthMin ? (
        <NodeList monitor={monitor} service={service} />
      ) : (
        <Diagram width={width} monitor={monitor} service={service} />
      )}
    </section>
  )
}

function Diagram({ width, monitor, service }: TopologyProps & { readonly width: number }) {
  const { nodes, edges } = layOut(width)
  return (
    <div class="diagram">
      <svg class="edges" width={width} height={topologyHeight} aria-hidden="true">
        <defs>
          {['edge-head', 'edge-head-failing'].map((name) => (
            <marker
              key={name}
              id={name}
              viewBox="0 0 8 8"
              refX="2"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path class={name} d="M0 0.500 8 4 0 7.500Z" />
            </marker>
          ))}
        </defs>
        {edges.map((edge) => (
          <EdgeLine key={edge.name} edge={edge} facts={monitor && edgeFacts(monitor, edge.name)} />
        ))}
      </svg>
      <div class="node node-plain" style={styleOf(nodes.browsers)}>
        <b>Clients</b>
      </div>
      {services.map((name) => (
        <ServiceNode key={name} name={name} box={nodes[name]} monitor={monitor} service={service} />
      ))}
      {topics.map(({ name, title, section }) => (
        <button
          key={name}
          type="button"
          class="node node-topic"
          style={styleOf(nodes[name])}
          onClick={() => document.getElementById(section)?.scrollIntoView()}
        >
          <b>{title}</b>
        </button>
      ))}
    </div>
  )
}

interface EdgeLineProps {
  readonly edge: Edge
  readonly facts: EdgeFacts | undefined
}

function EdgeLine({ edge: { path, x, y }, facts }: EdgeLineProps) {
  const { perSecond = 0, failing = false, above = '', below = '' } = facts ?? {}
  const thickness = Math.min(6, 1.5 + 1.5 * Math.log10(1 + perSecond))
  return (
    <g class="edge" data-failing={failing} data-flows={perSecond > 0}>
      <path
        class="edge-line"
        d={path}
        stroke-width={thickness}
        marker-end={failing ? 'url(#edge-head-failing)' : 'url(#edge-head)'}
      />
      <text class="edge-text" x={x} y={y - 8}>
        {above}
      </text>
      <text class="edge-text" x={x} y={y + 18}>
        {below}
      </text>
    </g>
  )
}

interface ServiceNodeProps extends TopologyProps {
  readonly name: (typeof services)[number]
  readonly box?: Box
  /** Traffic to the service, where no edge shows it. */
  readonly traffic?: string
}

function ServiceNode({ name, box, traffic, monitor, service }: ServiceNodeProps) {
  const facts = monitor && serviceFacts(monitor, name)
  return (
    <button
      type="button"
      class="node node-service"
      data-health={facts?.health ?? 'unknown'}
      aria-pressed={service.value === name}
      title={`Show only ${name}`}
      style={box && styleOf(box)}
      onClick={() => {
        service.value = service.value === name ? '' : name
      }}
    >
      <span class="node-head">
        <Glyph health={facts?.health ?? 'unknown'} />
        <b>{name}</b>
      </span>
      <span class="node-text">{facts ? facts.up : 'Loading…'}</span>
      <span class="node-text">{facts?.memory}</span>
      {traffic === undefined ? null : <span class="node-text">{traffic}</span>}
    </button>
  )
}

const edgeOf = {
  movie: 'browsers-movie',
  metadata: 'movie-metadata',
  rating: 'movie-rating',
} as const satisfies Record<string, EdgeName>

/** The services on narrow screens, each with the traffic to it. */
function NodeList({ monitor, service }: TopologyProps) {
  const trafficOf = (name: (typeof services)[number]) => {
    const facts = monitor && edgeFacts(monitor, edgeOf[name])
    return facts ? [facts.above, facts.below].filter(Boolean).join(' · ') : '–'
  }
  return (
    <ul class="node-list">
      {services.map((name) => (
        <li key={name}>
          <ServiceNode name={name} traffic={trafficOf(name)} monitor={monitor} service={service} />
        </li>
      ))}
    </ul>
  )
}

function styleOf({ x, y, width, height }: Box) {
  return { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }
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
