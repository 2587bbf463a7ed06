import { useMemo, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Card } from './card.tsx'
import { blockSizeOf } from './columns.ts'
import { type NearMovies, useNearBlock, useSame } from './near-block.ts'
import { useNearViewport, type ViewportObserver } from './near-viewport.ts'
import type { RecentRating } from './period.ts'

interface BlocksProps {
  readonly movies: readonly Movie[]
  readonly columns: number
  /** Shows the rank on each card. */
  readonly ranked: boolean
  /** Ratings of a period, by movie. Default: none, and cards show those of all time. */
  readonly recent?: ReadonlyMap<string, RecentRating>
  readonly page: PageProps
  readonly near: NearMovies
  readonly label: string
}

/**
 * Movies in blocks of a few rows. A block far from the viewport is empty but keeps its height, so
 * the cost of the page does not grow with the list.
 */
export function Blocks({ movies, columns, near, label, ...shown }: BlocksProps) {
  const viewport = useNearViewport()
  const size = blockSizeOf(columns)
  const count = Math.ceil(movies.length / size)
  const starts = Array.from({ length: count }, (_, index) => index * size)
  return (
    <section aria-label={label} style={{ '--columns': columns }}>
      {starts.map((start) => (
        <Block
          key={`${size}-${start}`}
          movies={movies}
          start={start}
          size={size}
          {...shown}
          near={near}
          viewport={viewport}
        />
      ))}
    </section>
  )
}

interface BlockProps extends Omit<BlocksProps, 'label' | 'columns'> {
  readonly start: number
  readonly size: number
  readonly viewport: ViewportObserver
}

function Block({ movies, start, size, ranked, recent, page, near, viewport }: BlockProps) {
  const element = useRef<HTMLUListElement>(null)
  const own = useSame(movies.slice(start, start + size))
  const name = `${size}-${start}`
  const isNear = useNearBlock(element, { name, movies: own, isFirst: start === 0, near, viewport })
  const cards = useMemo(
    () =>
      own.map((movie, index) => (
        <Card
          key={movie.id}
          movie={movie}
          rank={ranked ? start + index + 1 : undefined}
          recent={recent?.get(movie.id)}
          page={page}
        />
      )),
    [own, ranked, recent],
  )
  return (
    <ul ref={element} class="block" style={{ '--count': own.length }}>
      {isNear ? cards : null}
    </ul>
  )
}
