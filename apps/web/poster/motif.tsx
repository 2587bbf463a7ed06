import { shapesOf } from './drawings.ts'
import type { PosterLook } from './look.ts'
import { drawingHeight, drawingWidth, type Shape } from './shape.ts'

/** The drawing of a poster, above its credits; the motif depends on the genre. */
export function MotifDrawing({ look }: { look: PosterLook }) {
  return (
    <svg
      class="poster-motif"
      viewBox={`0 0 ${drawingWidth} ${drawingHeight}`}
      preserveAspectRatio="xMidYMax slice"
      aria-hidden="true"
    >
      <g transform={look.flipped ? `translate(${drawingWidth} 0) scale(-1 1)` : undefined}>
        {shapesOf(look.motif, look.variation).map((shape, index) => (
          <ShapeElement key={index} shape={shape} />
        ))}
      </g>
    </svg>
  )
}

function ShapeElement({ shape }: { shape: Shape }) {
  const className = shape.tone && shape.tone !== 'motif' ? `poster-motif-${shape.tone}` : undefined
  switch (shape.kind) {
    case 'circle':
      return (
        <circle class={className} cx={text(shape.x)} cy={text(shape.y)} r={text(shape.radius)} />
      )
    case 'ring':
      return (
        <circle
          class="poster-motif-ring"
          cx={text(shape.x)}
          cy={text(shape.y)}
          r={text(shape.radius)}
          stroke-width={text(shape.lineWidth)}
        />
      )
    default:
      return <path class={className} d={pathOf(shape)} />
  }
}

function pathOf(shape: Extract<Shape, { kind: 'arch' | 'bowl' | 'polygon' }>): string {
  switch (shape.kind) {
    case 'arch': {
      const half = text(shape.width / 2)
      const down = text(Math.max(0, shape.height - shape.width / 2))
      const [x, y] = [text(shape.x), text(shape.y + shape.width / 2)]
      return `M${x} ${y}a${half} ${half} 0 0 1 ${text(shape.width)} 0v${down}h-${text(shape.width)}z`
    }
    case 'bowl': {
      const radius = text(shape.radius)
      const across = text(2 * shape.radius)
      return `M${text(shape.x - shape.radius)} ${text(shape.y)}h${across}a${radius} ${radius} 0 0 1 -${across} 0z`
    }
    case 'polygon':
      return `M${shape.points.map(([x, y]) => `${text(x)} ${text(y)}`).join('L')}z`
  }
}

function text(value: number): string {
  return String(Math.round(value * 10) / 10)
}
