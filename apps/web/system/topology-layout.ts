/** A rectangle, in CSS pixels. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export type NodeName = 'browsers' | 'movie' | 'metadata' | 'rating' | 'events' | 'deadLetters'
export type EdgeName =
  | 'browsers-movie'
  | 'movie-metadata'
  | 'movie-rating'
  | 'events-rating'
  | 'rating-deadLetters'

export interface Edge {
  readonly name: EdgeName
  /** SVG path, in the direction of calls or events. */
  readonly path: string
  /** Middle of the edge, where its figures are. */
  readonly x: number
  readonly y: number
}

/** The nodes and edges of the topology, laid out for a width. */
export interface Layout {
  readonly nodes: Readonly<Record<NodeName, Box>>
  readonly edges: readonly Edge[]
}

/** Height of the topology. */
export const topologyHeight = 212
/** Minimum width at which the nodes are side by side; below, they are a list. */
export const topologyWidthMin = 720

const edgeLengthMin = 88
const edgeLengthMax = 168
/** Shares of the width that is left for nodes: clients, movie, the two services, and the topics. */
const shares = [0.19, 0.27, 0.29, 0.25] as const

/** Places the nodes in four columns of a width of at least `topologyWidthMin`. */
export function layOut(width: number): Layout {
  const length = Math.min(edgeLengthMax, Math.max(edgeLengthMin, width * 0.125))
  const left = width - 3 * length
  const [first, second, third, fourth] = shares.map((share) => Math.floor(left * share)) as [
    number,
    number,
    number,
    number,
  ]
  const movieX = first + length
  const serviceX = movieX + second + length
  const topicX = width - fourth
  const nodes = {
    browsers: { x: 0, y: 78, width: first, height: 56 },
    movie: { x: movieX, y: 70, width: second, height: 72 },
    metadata: { x: serviceX, y: 0, width: third, height: 72 },
    rating: { x: serviceX, y: 92, width: third, height: 120 },
    events: { x: topicX, y: 92, width: fourth, height: 52 },
    deadLetters: { x: topicX, y: 160, width: fourth, height: 52 },
  }
  const { browsers, movie, metadata, rating, events, deadLetters } = nodes
  return {
    nodes,
    edges: [
      edge('browsers-movie', rightOf(browsers), leftOf(movie)),
      edge('movie-metadata', rightOf(movie, -12), leftOf(metadata)),
      edge('movie-rating', rightOf(movie, 12), leftOf(rating)),
      edge('events-rating', leftOf(events), { x: rightOf(rating).x, y: leftOf(events).y }),
      edge(
        'rating-deadLetters',
        { x: rightOf(rating).x, y: leftOf(deadLetters).y },
        leftOf(deadLetters),
      ),
    ],
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

/** Room for the head of an arrow. */
const headLength = 6

function leftOf({ x, y, height }: Box): Point {
  return { x, y: y + height / 2 }
}

function rightOf({ x, y, width, height }: Box, down = 0): Point {
  return { x: x + width, y: y + height / 2 + down }
}

function edge(name: EdgeName, from: Point, end: Point): Edge {
  const to = { x: end.x - Math.sign(end.x - from.x) * headLength, y: end.y }
  const x = (from.x + to.x) / 2
  const path = `M${from.x} ${from.y}C${x} ${from.y} ${x} ${to.y} ${to.x} ${to.y}`
  return { name, path, x, y: (from.y + to.y) / 2 }
}
