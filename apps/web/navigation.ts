import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Route } from './route.ts'

const titles: Readonly<Record<Route['page'], string>> = {
  list: 'Marquee',
  movie: 'Movie · Marquee',
  system: 'System · Marquee',
  try: 'API explorer · Marquee',
  'not-found': 'Page not found · Marquee',
}

/**
 * Sets the title of each page. After a navigation, moves focus and scroll position to the start of
 * the new page, where a screen reader continues. Returns the ref of the element around the page.
 */
export function useNavigation(route: Route) {
  const main = useRef<HTMLElement>(null)
  const previous = useRef<string>(undefined)
  const place = route.page === 'movie' ? `movie/${route.movieId}` : route.page
  useLayoutEffect(() => {
    document.title = titles[route.page]
    if (previous.current !== undefined && previous.current !== place) {
      if (route.page !== 'list') scrollTo(0, 0)
      const heading = main.current?.querySelector<HTMLElement>('h1[tabindex]')
      const target = heading ?? main.current
      target?.focus({ preventScroll: true })
    }
    previous.current = place
  }, [place])
  return main
}
