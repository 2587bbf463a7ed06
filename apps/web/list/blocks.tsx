import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { Card } from './card.tsx'
import { type Nearness, useNearness } from './nearness.ts'

/** Whole rows at 2, 3, 4 and 6 columns. */
const blockSize = 12

interface BlocksProps {
  readonly movies: readonly Movie[]
  /** Whether their order is a ranking. */
  readonly ranked: boolean
  readonly page: PageProps
  /** The movies that are drawn, by the block they are in: those near the viewport. */
  readonly near: Signal<ReadonlyMap<string, readonly Movie[]>>
  readonly label: string
}

/**
 * Movies in blocks of a few rows. Blocks far from the viewport are empty and as high as they would
 * be, so the page costs the same however long the list is.
 */
export function Blocks({ movies, ranked, page, near, label }: BlocksProps) {
  const nearness = useNearness()
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
          {...{ ranked, page, near, nearness }}
        />
      ))}
    </section>
  )
}

interface BlockProps extends Omit<BlocksProps, 'label'> {
  readonly start: number
  readonly name: string
  readonly nearness: Nearness
}

function Block({ movies, start, name, ranked, page, near, nearness }: BlockProps) {
  const element = useRef<HTMLUListElement>(null)
  const isNear = useSignal(start === 0)
  const end = Math.min(start + blockSize, movies.length)
  const own = useMemo(() => movies.slice(start, end), [movies[start], end])
  useEffect(() => {
    if (!element.current) return
    return nearness.observe(element.current, (now) => {
      isNear.value = now || (element.current?.contains(document.activeElement) ?? false)
    })
  }, [nearness])
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
