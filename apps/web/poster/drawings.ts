import { box, circle, drawingHeight, drawingWidth, polygon, ring, type Shape } from './shape.ts'

/** The drawing on a poster. */
export type Motif = keyof typeof drawings

export interface Variation {
  /** Maximum height of the drawing. */
  readonly height: number
  /** Numbers from 0 to 1, which differ from movie to movie. */
  readonly seeds: readonly [number, number, number]
}

type Drawing = (variation: Variation) => readonly Shape[]

/** Returns the shapes of a motif. They stand on the floor, and are not higher than the variation. */
export function shapesOf(motif: Motif, variation: Variation): readonly Shape[] {
  return drawings[motif](variation)
}

const floor = drawingHeight
const width = drawingWidth

const spot: Drawing = ({ height, seeds: [size, place, kind] }) => {
  const radius = height * (0.3 + 0.2 * size)
  if (kind < 0.4) return [circle(36 + 56 * place, floor, Math.min(2 * radius, 58))]
  const round = Math.min(radius, 40)
  return [circle(30 + 66 * place, floor - round - (height - 2 * round) * 0.4 * kind, round)]
}

const pair: Drawing = ({ height, seeds: [size, apart, drop] }) => {
  const radius = Math.min(34, (height - 2) * (0.36 + 0.14 * size))
  const half = radius * (0.45 + 0.35 * apart)
  return [
    circle(60 - half, floor - radius - 2, radius),
    circle(60 + half, floor - radius * (1 - 0.7 * drop), radius, 'soft'),
  ]
}

const sunrise: Drawing = ({ height, seeds: [size, place, lines] }) => {
  const radius = Math.min(height, 32 + 22 * size)
  const lineCount = lines < 0.4 ? 0 : 3
  return [
    circle(36 + 48 * place, floor, radius),
    ...count(lineCount).map((index) =>
      box(0, floor - 8 - index * radius * 0.22, width, 4 - index, 'ground'),
    ),
  ]
}

const peaks: Drawing = ({ height, seeds: [first, second, third] }) => {
  const peak = (x: number, high: number, half: number, tone?: 'soft') =>
    polygon(
      [
        [x - half, floor],
        [x, floor - high],
        [x + half, floor],
      ],
      tone,
    )
  const back = height * (0.8 + 0.2 * second)
  const front = height * (0.5 + 0.3 * first)
  return [
    peak(18 + 44 * first, back, back * (0.8 + 0.3 * third), 'soft'),
    peak(74 + 34 * second, front, front * (0.9 + 0.4 * first)),
    ...(third < 0.5 ? [] : [peak(4 + 50 * second, height * 0.3, 40)]),
  ]
}

const teeth: Drawing = ({ height, seeds: [number, deep, uneven] }) => {
  const toothCount = 3 + Math.floor(number * 5)
  const tooth = width / toothCount
  const gum = floor - height * 0.2
  const points = count(toothCount).flatMap((index) => {
    const high = height * (0.55 + 0.45 * deep - (index % 2) * 0.35 * uneven)
    return [
      [index * tooth, gum],
      [(index + 0.5) * tooth, floor - Math.max(high, height * 0.3)],
    ] as const
  })
  return [polygon([[0, floor], ...points, [width, gum], [width, floor]])]
}

const beams: Drawing = ({ height, seeds: [start, wide, kind] }) => {
  const from = -20 + 40 * start
  const slope = height / (width - from)
  const band = (x: number, thickness: number, tone?: 'soft') =>
    polygon(
      [
        [x, floor],
        [width, floor - slope * (width - x)],
        [width, floor - slope * Math.max(0, width - x - thickness)],
        [Math.min(width, x + thickness), floor],
      ],
      tone,
    )
  const first = 18 + 24 * wide
  const next = from + first + 10 + 14 * kind
  return [
    band(from, first),
    band(next, 12 + 20 * kind, 'soft'),
    ...(kind < 0.5 ? [] : [band(next + 24 + 20 * kind, 8)]),
  ]
}

/** Rays from a point on the floor. */
const burst: Drawing = ({ height, seeds: [number, place, open] }) => {
  const rayCount = 5 + Math.floor(number * 4)
  const x = 30 + 60 * place
  const at = (part: number): readonly [number, number] => {
    const angle = Math.PI * part
    return [x + 1.4 * height * Math.cos(angle), floor - height * Math.sin(angle)]
  }
  const half = (0.2 + 0.12 * open) / rayCount
  return count(rayCount).map((index) => {
    const middle = (index + 0.5) / rayCount
    return polygon([[x, floor], at(middle - half), at(middle + half)], index % 2 ? 'soft' : 'motif')
  })
}

const rings: Drawing = ({ height, seeds: [number, place, kind] }) => {
  const ringCount = 3 + Math.floor(number * 4)
  const lineWidth = 4
  const x = 24 + 72 * place
  const isWhole = kind < 0.5
  const outer = (isWhole ? height / 2 : height) - lineWidth
  const y = isWhole ? floor - height / 2 - 1 : floor
  return count(ringCount).map((index) => ring(x, y, (outer * (index + 0.6)) / ringCount, lineWidth))
}

const arcs: Drawing = ({ height, seeds: [number, place, heavy] }) => {
  const arcCount = 2 + Math.floor(number * 3)
  const outer = Math.min(height, 62)
  const step = outer / (arcCount + 0.5)
  const lineWidth = step * (0.4 + 0.25 * heavy)
  return count(arcCount).map((index) =>
    ring(22 + 76 * place, floor, outer - lineWidth / 2 - index * step, lineWidth),
  )
}

const stairs: Drawing = ({ height, seeds: [number, low, kind] }) => {
  const stepCount = 3 + Math.floor(number * 5)
  const step = width / stepCount
  const lowest = 0.12 + 0.3 * low
  return count(stepCount).map((index) => {
    const part = index / (stepCount - 1)
    const high = height * (lowest + (1 - lowest) * riseOf(part, kind))
    const tone = kind % 0.2 < 0.1 ? index % 2 : part < 0.5 ? 1 : 0
    return box(index * step, floor - high, step + 0.2, high, tone ? 'soft' : 'motif')
  })
}

/** The height of a part of the stairs, 0 to 1: they go up, up and down, or down and up. */
function riseOf(part: number, kind: number): number {
  if (kind < 0.4) return part
  const fromMiddle = Math.abs(2 * part - 1)
  return kind < 0.7 ? 1 - fromMiddle : fromMiddle
}

const stripes: Drawing = ({ height, seeds: [number, thick, kind] }) => {
  const stripeCount = 3 + Math.floor(number * 4)
  const step = height / stripeCount
  return count(stripeCount).map((index) => {
    const place = (index + 1) / stripeCount
    const heavy = step * (0.2 + (0.3 + 0.2 * thick) * (kind < 0.6 ? place : 1 - place))
    return box(0, floor - height + (index + 0.5) * step, width, heavy)
  })
}

const checks: Drawing = ({ height, seeds: [number, missing, kind] }) => {
  const columnCount = 4 + Math.floor(number * 3)
  const side = width / columnCount
  const rowCount = Math.max(1, Math.min(Math.floor(height / side), 4))
  const rowHeight = Math.min(side, height)
  const last = columnCount - Math.floor((missing * columnCount) / 2)
  return count(rowCount * columnCount)
    .map((index) => [index % columnCount, Math.floor(index / columnCount)] as const)
    .filter(([column, row]) => (column + row) % 2 === 0 && (row < rowCount - 1 || column < last))
    .map(([column, row]) => {
      const tone = kind < 0.5 && row % 2 ? 'soft' : 'motif'
      return box(column * side, floor - (row + 1) * rowHeight, side, rowHeight, tone)
    })
}

const bars: Drawing = ({ height, seeds: [number, wave, phase] }) => {
  const barCount = 5 + Math.floor(number * 5)
  const step = (width - 8) / barCount
  return count(barCount).map((index) => {
    const high = height * (0.25 + 0.75 * Math.abs(Math.sin((index + 1) * (1.1 + wave) + 3 * phase)))
    return box(7 + index * step, floor - high, step * 0.62, high)
  })
}

const moon: Drawing = ({ height, seeds: [size, place, hill] }) => {
  const ground = height * (0.12 + 0.14 * hill)
  const radius = Math.min(44, (height - ground * 0.4) * (0.34 + 0.16 * size))
  return [
    circle(36 + 64 * place, floor - ground * 0.4 - radius, radius),
    polygon(
      [
        [0, floor],
        [0, floor - ground],
        [width, floor - ground * hill],
        [width, floor],
      ],
      'soft',
    ),
  ]
}

const doors: Drawing = ({ height, seeds: [number, high, open] }) => {
  const doorCount = 2 + Math.floor(number * 3)
  const step = (width - 12) / doorCount
  const doorWidth = step * 0.78
  const doorHeight = Math.max(doorWidth / 2, height * (0.6 + 0.4 * high))
  return count(doorCount).map((index) => ({
    kind: 'arch',
    x: 6 + (index + 0.11) * step,
    y: floor - Math.min(height, doorHeight),
    width: doorWidth,
    height: doorHeight,
    tone: index === Math.floor(open * doorCount) ? 'motif' : 'soft',
  }))
}

const smile: Drawing = ({ height, seeds: [size, place, eyes] }) => {
  const radius = Math.min(height * 0.62, 34 + 16 * size)
  const x = 48 + 24 * place
  const y = floor - radius - 4
  const eye = Math.min(7, (height - radius - 4) / 3)
  return [
    { kind: 'bowl', x, y, radius },
    ...(eyes < 0.5
      ? []
      : [-1, 1].map((side) => circle(x + (side * radius) / 2, y - 1.9 * eye, eye))),
  ]
}

const drawings = {
  arcs,
  bars,
  beams,
  burst,
  checks,
  doors,
  moon,
  pair,
  peaks,
  rings,
  smile,
  spot,
  stairs,
  stripes,
  sunrise,
  teeth,
} as const satisfies Readonly<Record<string, Drawing>>

export const motifs = Object.keys(drawings) as readonly Motif[]

function count(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
