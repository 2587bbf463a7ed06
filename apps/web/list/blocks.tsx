import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Card } from './card.tsx'
import { blockSizeOf } from './columns.ts'
import { useNearViewport, type ViewportObserver } from './near-viewport.ts'

/** The rendered movies, which are those near the viewport, by block. */
export type NearMovies = Signal<ReadonlyMap<string, readonly Movie[]>>

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
  const isNear = useSignal(start === 0)
  const own = useOwn(movies.slice(start, start + size))
  useEffect(() => {
    if (!element.current) return
    return viewport.observe(element.current, (now) => {
      isNear.value = now || (element.current?.contains(document.activeElement) ?? false)
    })
  }, [viewport])
  useLayoutEffect(() => {
    if (!isNear.value) return
    const name = `${size}-${start}`
    near.value = new Map(near.peek()).set(name, own)
    return () => {
      const others = new Map(near.peek())
      others.delete(name)
      near.value = others
    }
  }, [isNear.value, own])
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
      {isNear.value ? cards : null}
    </ul>
  )
}

/** Returns the same array while the movies are the same, so that their cards are kept. */
function useOwn(movies: readonly Movie[]): readonly Movie[] {
  const own = useRef(movies)
  const { current } = own
  const isSame =
    movies.length === current.length && movies.every((movie, index) => movie === current[index])
  if (!isSame) own.current = movies
  return own.current
}
