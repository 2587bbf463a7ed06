import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Card } from './card.tsx'
import { useNearViewport, type ViewportObserver } from './near-viewport.ts'

/** Number of movies in a block: whole rows at 2, 3, 4 and 6 columns. */
const blockSize = 12

interface BlocksProps {
  readonly movies: readonly Movie[]
  /** Shows the rank on each card. */
  readonly ranked: boolean
  readonly page: PageProps
  /** The rendered movies, which are those near the viewport, by block. */
  readonly near: Signal<ReadonlyMap<string, readonly Movie[]>>
  readonly label: string
}

/**
 * Movies in blocks of a few rows. A block far from the viewport is empty but keeps its height, so
 * the cost of the page does not grow with the list.
 */
export function Blocks({ movies, ranked, page, near, label }: BlocksProps) {
  const viewport = useNearViewport()
  const starts = Array.from(
    { length: Math.ceil(movies.length / blockSize) },
    (_, index) => index * blockSize,
  )
  return (
    <section aria-label={label}>
      {starts.map((start) => (
        <Block
          key={start}
          movies={movies}
          start={start}
          name={`${ranked ? 'top' : 'title'}-${start}`}
          ranked={ranked}
          page={page}
          near={near}
          viewport={viewport}
        />
      ))}
    </section>
  )
}

interface BlockProps extends Omit<BlocksProps, 'label'> {
  readonly start: number
  readonly name: string
  readonly viewport: ViewportObserver
}

function Block({ movies, start, name, ranked, page, near, viewport }: BlockProps) {
  const element = useRef<HTMLUListElement>(null)
  const isNear = useSignal(start === 0)
  const end = Math.min(start + blockSize, movies.length)
  const own = useMemo(() => movies.slice(start, end), [movies[start], end])
  useEffect(() => {
    if (!element.current) return
    return viewport.observe(element.current, (now) => {
      isNear.value = now || (element.current?.contains(document.activeElement) ?? false)
    })
  }, [viewport])
  useLayoutEffect(() => {
    if (!isNear.value) return
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
    [own],
  )
  return (
    <ul ref={element} class="block" style={{ '--count': own.length }}>
      {isNear.value ? cards : null}
    </ul>
  )
}
