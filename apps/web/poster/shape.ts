/** Size of the space for a drawing, which ends where the credits of its poster begin. */
export const drawingWidth = 120
export const drawingHeight = 160

type Point = readonly [x: number, y: number]

/** The fill: of the motif, softer, or of the poster's ground, to take something away. */
type Tone = 'motif' | 'soft' | 'ground'

/** A part of a drawing. Everything beyond the drawing's space is not shown. */
export type Shape = { readonly tone?: Tone } & (
  | { readonly kind: 'circle'; readonly x: number; readonly y: number; readonly radius: number }
  | {
      /** A circle without a fill. */
      readonly kind: 'ring'
      readonly x: number
      readonly y: number
      /** To the middle of the line. */
      readonly radius: number
      readonly lineWidth: number
    }
  | {
      /** A rectangle with a round top. */
      readonly kind: 'arch'
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
    }
  | {
      /** The lower half of a circle. */
      readonly kind: 'bowl'
      readonly x: number
      readonly y: number
      readonly radius: number
    }
  | { readonly kind: 'polygon'; readonly points: readonly Point[] }
)

export function circle(x: number, y: number, radius: number, tone?: Tone): Shape {
  return { kind: 'circle', x, y, radius, ...(tone && { tone }) }
}

export function ring(x: number, y: number, radius: number, lineWidth: number): Shape {
  return { kind: 'ring', x, y, radius, lineWidth }
}

export function box(x: number, y: number, width: number, height: number, tone?: Tone): Shape {
  const [right, bottom] = [x + width, y + height]
  return polygon(
    [
      [x, y],
      [right, y],
      [right, bottom],
      [x, bottom],
    ],
    tone,
  )
}

export function polygon(points: readonly Point[], tone?: Tone): Shape {
  return { kind: 'polygon', points, ...(tone && { tone }) }
}

/** The upper edge of a shape. */
export function topOf(shape: Shape): number {
  switch (shape.kind) {
    case 'circle':
      return shape.y - shape.radius
    case 'ring':
      return shape.y - shape.radius - shape.lineWidth / 2
    case 'polygon':
      return Math.min(...shape.points.map(([, y]) => y))
    case 'arch':
    case 'bowl':
      return shape.y
  }
}
