import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Route } from './route.ts'

const titles: Readonly<Record<Route['page'], string>> = {
  list: 'Marquee',
  movie: 'Movie · Marquee',
  system: 'System · Marquee',
  try: 'API explorer · Marquee',
  absent: 'Page not found · Marquee',
}

/**
 * Gives each page its title, and after a navigation puts the focus and the view at the beginning of
 * the new page, where a screen reader goes on. Answers the ref of the element around the page.
 */
export function useNavigation(route: Route) {
  const main = useRef<HTMLElement>(null)
  const before = useRef<string>(undefined)
  const place = route.page === 'movie' ? `movie/${route.movieId}` : route.page
  useLayoutEffect(() => {
    document.title = titles[route.page]
    if (before.current !== undefined && before.current !== place) {
      if (route.page !== 'list') scrollTo(0, 0)
      const heading = main.current?.querySelector<HTMLElement>('h1[tabindex]')
      const target = heading ?? main.current
      target?.focus({ preventScroll: true })
    }
    before.current = place
  }, [place])
  return main
}
