import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Route } from '../route.ts'

interface MenuProps {
  /** A navigation closes the menu. */
  readonly route: Route
  readonly children: ComponentChildren
}

/** The menu of a narrow window. */
export function Menu({ route, children }: MenuProps) {
  const details = useRef<HTMLDetailsElement>(null)
  const close = () => {
    if (details.current) details.current.open = false
  }
  useEffect(close, [route])
  const returnToSummary = () => {
    close()
    details.current?.querySelector('summary')?.focus()
  }
  /** A dialog covers the page, and returns the focus when it closes: to what is visible then. */
  const closeForDialog = ({ target }: Event) => {
    const isOfDialog = target instanceof Element && target.closest('[aria-haspopup="dialog"]')
    if (isOfDialog) returnToSummary()
  }
  return (
    <details
      ref={details}
      class="menu"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && details.current?.open) returnToSummary()
      }}
    >
      <summary class="icon-button" aria-label="Menu">
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          <path class="icon-line menu-bars" d="M3 5.500h14M3 10h14M3 14.500h14" />
          <path class="icon-line menu-cross" d="m4.500 4.500 11 11m0-11-11 11" />
        </svg>
      </summary>
      <div class="menu-sheet" onClickCapture={closeForDialog}>
        {children}
      </div>
    </details>
  )
}
