import { useMemo, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Card } from './card.tsx'
import { blockSizeOf } from './columns.ts'
import { type NearMovies, useNearBlock, useSame } from './near-block.ts'
import { useNearViewport, type ViewportObserver } from './near-viewport.ts'

interface BlocksProps {
  readonly movies: readonly Movie[]
  readonly columns: number
  /** Shows the rank on each card. */
  readonly ranked: boolean
  readonly page: PageProps
  readonly near: NearMovies
  readonly label: string
}

/**
 * Movies in blocks of a few rows. A block far from the viewport is empty but keeps its height, so
 * the cost of the page does not grow with the list.
 */
export function Blocks({ movies, columns, ranked, page, near, label }: BlocksProps) {
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
          ranked={ranked}
          page={page}
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

function Block({ movies, start, size, ranked, page, near, viewport }: BlockProps) {
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
          page={page}
        />
      )),
    [own, ranked],
  )
  return (
    <ul ref={element} class="block" style={{ '--count': own.length }}>
      {isNear ? cards : null}
    </ul>
  )
}
