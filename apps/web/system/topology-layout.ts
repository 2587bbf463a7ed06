/** A rectangle, in CSS pixels. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The boxes and arrows of the topology, laid out for a width. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly movie: Box
  readonly metadata: Box
  readonly rating: Box
  readonly events: Box
  readonly deadLetters: Box
  readonly arrows: readonly Arrow[]
}

export interface Arrow {
  readonly id: 'movie-metadata' | 'movie-rating' | 'events-rating' | 'rating-dead-letters'
  /** SVG path, in the direction of calls or events. */
  readonly path: string
}

export type Counts = Readonly<Record<'movie' | 'metadata' | 'rating', number>>

/** Height of a service's title, and of each of its instances. */
export const titleHeight = 52
export const instanceHeight = 40

const storeHeight = 56
const storeGap = 16
const gap = 24
const narrowGap = 40
/** Minimum width at which the services are side by side. */
const wideMin = 720

/** Places the services, the event log and the dead letters by the number of instances. */
export function layOut(width: number, counts: Counts): Layout {
  return width >= wideMin ? wide(width, counts) : narrow(width, counts)
}

function wide(width: number, counts: Counts): Layout {
  const arrow = Math.max(72, Math.round(width * 0.09))
  const storeWidth = Math.round(Math.min(200, width * 0.18))
  const boxWidth = (width - storeWidth - 2 * arrow) / 2
  const second = boxWidth + arrow
  const metadata = { x: second, y: 0, width: boxWidth, height: heightOf(counts.metadata) }
  const ratingHeight = Math.max(heightOf(counts.rating), 2 * storeHeight + storeGap)
  const rating = { x: second, y: metadata.height + gap, width: boxWidth, height: ratingHeight }
  const height = rating.y + rating.height
  const movieHeight = heightOf(counts.movie)
  const movie = { x: 0, y: (height - movieHeight) / 2, width: boxWidth, height: movieHeight }
  const third = second + boxWidth + arrow
  const events = { x: third, y: rating.y, width: storeWidth, height: storeHeight }
  const deadLetters = { ...events, y: rating.y + rating.height - storeHeight }
  return {
    ...{ width, height, movie, metadata, rating, events, deadLetters },
    arrows: [
      across('movie-metadata', right(movie, -12), left(metadata)),
      across('movie-rating', right(movie, 12), left(rating)),
      across('events-rating', left(events), { x: right(rating).x, y: left(events).y }),
      across(
        'rating-dead-letters',
        { x: right(rating).x, y: left(deadLetters).y },
        left(deadLetters),
      ),
    ],
  }
}

function narrow(width: number, counts: Counts): Layout {
  const indent = 28
  const movie = { x: 0, y: 0, width, height: heightOf(counts.movie) }
  const inner = { x: indent, width: width - indent }
  const metadata = { ...inner, y: movie.height + gap, height: heightOf(counts.metadata) }
  const rating = {
    ...inner,
    y: metadata.y + metadata.height + gap,
    height: heightOf(counts.rating),
  }
  const half = (inner.width - gap) / 2
  const y = rating.y + rating.height + narrowGap
  const events = { x: indent, y, width: half, height: storeHeight }
  const deadLetters = { ...events, x: indent + half + gap }
  const middle = (box: Box) => box.x + box.width / 2
  const bottom = rating.y + rating.height
  return {
    ...{ width, height: y + storeHeight, movie, metadata, rating, events, deadLetters },
    arrows: [
      elbow('movie-metadata', movie, metadata),
      elbow('movie-rating', movie, rating),
      upright('events-rating', middle(events), events.y, bottom),
      upright('rating-dead-letters', middle(deadLetters), bottom, deadLetters.y),
    ],
  }
}

function heightOf(instanceCount: number): number {
  return titleHeight + Math.max(1, instanceCount) * instanceHeight + 8
}

interface Point {
  readonly x: number
  readonly y: number
}

function left({ x, y, height }: Box): Point {
  return { x, y: y + height / 2 }
}

function right({ x, y, width, height }: Box, down = 0): Point {
  return { x: x + width, y: y + height / 2 + down }
}

function across(id: Arrow['id'], from: Point, to: Point): Arrow {
  const middle = (from.x + to.x) / 2
  const path = `M${from.x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`
  return { id, path }
}

/** An arrow down from the first box, then to the side of the second. */
function elbow(id: Arrow['id'], from: Box, to: Box): Arrow {
  const x = from.x + 10
  const { y } = left(to)
  const path = `M${x} ${from.y + from.height}V${y - 8}Q${x} ${y} ${x + 8} ${y}H${to.x}`
  return { id, path }
}

function upright(id: Arrow['id'], x: number, from: number, to: number): Arrow {
  return { id, path: `M${x} ${from}V${to}` }
}
