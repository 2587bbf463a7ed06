import { type ReadonlySignal, signal } from '@preact/signals'
import { parseRoute, type Route } from './route.ts'

/** The open page, kept in the History API. Internal links navigate without loading a document. */
export interface Router {
  readonly route: ReadonlySignal<Route>
  /** Returns true when the open page was reached by Back or Forward. */
  returned(): boolean
  /** Path that was opened from the open page, when Back has returned to it. */
  followed(): string | undefined
  /** Opens a path, which may have a query and a fragment. `replace` adds no entry to the history. */
  navigate(path: string, options?: { replace?: boolean }): void
}

export function createRouter(window: Window): Router {
  const { history, location } = window
  const read = () => parseRoute(location.pathname, location.search)
  const route = signal(read())
  const open = () => {
    const next = read()
    if (next.page !== route.peek().page) blurInMain(window.document)
    route.value = next
  }
  let returned = false
  history.scrollRestoration = 'manual'
  const navigate: Router['navigate'] = (path, { replace = false } = {}) => {
    if (path === location.pathname + location.search) return window.scrollTo(0, 0)
    returned = false
    if (replace) history.replaceState(history.state, '', path)
    else {
      history.replaceState({ ...history.state, followed: path }, '')
      history.pushState({ fromList: route.peek().page === 'list' }, '', path)
    }
    open()
  }
  window.addEventListener('popstate', () => {
    returned = true
    open()
  })
  window.document.addEventListener('click', (event) => {
    const path = internalPath(event, location)
    if (path === undefined) return
    event.preventDefault()
    navigate(path)
  })
  const followed = () => (returned ? (history.state?.followed as string | undefined) : undefined)
  return { route, returned: () => returned, followed, navigate }
}

/**
 * Takes the focus from the page that is about to be removed. A browser that removes the focused
 * element itself first lays out the whole document, in the middle of rendering.
 */
function blurInMain({ activeElement }: Document): void {
  if (activeElement?.closest('main')) (activeElement as HTMLElement).blur()
}

/** The path and fragment of an internal link that was clicked, or undefined when the browser should handle it. */
function internalPath(event: MouseEvent, location: Location): string | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined
  const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) {
    return undefined
  }
  if (link.hash && link.pathname === location.pathname) return undefined
  return parseRoute(link.pathname, link.search).page === 'not-found'
    ? undefined
    : link.pathname + link.search + link.hash
}
