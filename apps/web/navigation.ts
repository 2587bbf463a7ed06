import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Route } from './route.ts'
import type { Router } from './router.ts'

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
 * the new page, where a screen reader continues; after Back, to the link that was followed. Returns
 * the ref of the element around the page.
 */
export function useNavigation({ route: { value: route }, followed }: Router) {
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
    const path = followed()
    if (path === undefined || !main.current) return
    // The list restores its own scroll position.
    return focusLink(main.current, path, { preventScroll: route.page === 'list' })
  }, [place])
  return main
}

/** Longest time that a link is waited for, in milliseconds. */
const linkWaitMs = 3_000

/**
 * Focuses the link to a path when it is rendered, unless the focus moves before. Returns a function
 * that stops waiting.
 */
function focusLink(root: HTMLElement, path: string, options: FocusOptions): () => void {
  const before = document.activeElement
  const observer = new MutationObserver(find)
  const timer = setTimeout(stop, linkWaitMs)
  function stop(): void {
    observer.disconnect()
    clearTimeout(timer)
  }
  function find(): void {
    const link = root.querySelector<HTMLElement>(`a[href="${CSS.escape(path)}"]`)
    if (link || document.activeElement !== before) stop()
    if (document.activeElement === before) link?.focus(options)
  }
  observer.observe(root, { childList: true, subtree: true })
  find()
  return stop
}
