import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Route } from './route.ts'

/** The title of a page. That of a movie follows when the movie is loaded. */
function titleOf(route: Route): string {
  switch (route.page) {
    case 'list':
      return route.view.query ? `${route.view.query} · Search · Marquee` : 'Marquee'
    case 'me':
      return 'My ratings · Marquee'
    case 'movie':
      return 'Movie · Marquee'
    case 'system':
      return 'System · Marquee'
    case 'try':
      return `${route.method ?? 'API explorer'} · Marquee`
    case 'not-found':
      return 'Page not found · Marquee'
  }
}

/**
 * Sets the title of each page. After a navigation, moves focus and scroll position to the start of
 * the new page, where a screen reader continues. Returns the ref of the element around the page.
 */
export function useNavigation(route: Route) {
  const main = useRef<HTMLElement>(null)
  const previous = useRef<string>(undefined)
  const place = route.page === 'movie' ? `movie/${route.movieId}` : route.page
  const title = titleOf(route)
  useLayoutEffect(() => {
    // The server has set the title of the movie that it was asked for.
    if (previous.current !== undefined || route.page !== 'movie') document.title = title
  }, [place, title])
  useLayoutEffect(() => {
    const before = previous.current
    previous.current = place
    if (before === undefined || before === place) return
    if (route.page !== 'list') scrollTo(0, 0)
    // Typing into the search field opens the list, and continues there.
    if (route.page === 'list' && document.activeElement?.closest('search')) return
    const heading = main.current?.querySelector<HTMLElement>('h1[tabindex]')
    const target = heading ?? main.current
    target?.focus({ preventScroll: true })
  }, [place])
  return main
}
