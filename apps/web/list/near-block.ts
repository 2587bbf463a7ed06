import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { ViewportObserver } from './near-viewport.ts'

/** The rendered movies, which are those near the viewport, by block. */
export type NearMovies = Signal<ReadonlyMap<string, readonly Movie[]>>

interface NearBlockOptions {
  readonly name: string
  readonly movies: readonly Movie[]
  readonly isFirst: boolean
  readonly near: NearMovies
  readonly viewport: ViewportObserver
}

/**
 * Renders the movies of a block while it is near the viewport or has the focus: then they are among
 * the near ones, whose ratings are watched.
 */
export function useNearBlock<E extends Element>(
  element: { readonly current: E | null },
  { name, movies, isFirst, near, viewport }: NearBlockOptions,
): boolean {
  const isNear = useSignal(isFirst)
  useEffect(() => {
    if (!element.current) return
    return viewport.observe(element.current, (now) => {
      isNear.value = now || (element.current?.contains(document.activeElement) ?? false)
    })
  }, [viewport])
  useLayoutEffect(() => {
    if (!isNear.value) return
    near.value = new Map(near.peek()).set(name, movies)
    return () => {
      const others = new Map(near.peek())
      others.delete(name)
      near.value = others
    }
  }, [isNear.value, movies])
  return isNear.value
}

/** Returns the same array while the movies are the same, so that their cards are kept. */
export function useSame(movies: readonly Movie[]): readonly Movie[] {
  const same = useRef(movies)
  const { current } = same
  const isSame =
    movies.length === current.length && movies.every((movie, index) => movie === current[index])
  if (!isSame) same.current = movies
  return same.current
}
