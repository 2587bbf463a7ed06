import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { BrowserStorage } from './browser-storage.ts'

const key = 'marquee.single-keys'

/** Elements in which a key is input, not a shortcut. */
const inputs =
  'input:not([type=radio], [type=checkbox]), textarea, select, dialog, [contenteditable]'

/**
 * The switch of single-key shortcuts, saved in the browser. Default: on. A person can turn them off,
 * because speech input and shaking hands press keys by mistake (WCAG 2.1.4).
 */
export function createSingleKeys(storage: BrowserStorage): Signal<boolean> {
  const singleKeys = signal(storage.get(key) !== 'off')
  effect(() => {
    storage.set(key, singleKeys.value ? 'on' : 'off')
  })
  return singleKeys
}

/** Handles the keys pressed anywhere on the page, except in inputs and dialogs, while the switch is on. */
export function useSingleKeys(
  singleKeys: ReadonlySignal<boolean>,
  handle: (event: KeyboardEvent) => void,
): void {
  useKeys((event) => {
    if (singleKeys.peek() && !hasModifier(event) && !isInput(event)) handle(event)
  })
}

/** Handles a key pressed anywhere on the page together with Ctrl, on a Mac with Command. */
export function useCommandKey(name: string, handle: (event: KeyboardEvent) => void): void {
  useKeys((event) => {
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
    if (isCommand && event.key.toLowerCase() === name) handle(event)
  })
}

function hasModifier({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey
}

/** True when the key goes into an input or a dialog, also in a shadow tree. */
function isInput(event: KeyboardEvent): boolean {
  const [target] = event.composedPath()
  return target instanceof Element && target.closest(inputs) !== null
}

const handlers = new Set<(event: KeyboardEvent) => void>()

/** The one listener of the document. Once a handler has used a key, no other gets it. */
function dispatch(event: KeyboardEvent): void {
  for (const handle of handlers) {
    if (event.defaultPrevented) return
    handle(event)
  }
}

function useKeys(handle: (event: KeyboardEvent) => void): void {
  const latest = useRef(handle)
  latest.current = handle
  useLayoutEffect(() => {
    const current = (event: KeyboardEvent) => latest.current(event)
    if (handlers.size === 0) document.addEventListener('keydown', dispatch)
    handlers.add(current)
    return () => {
      handlers.delete(current)
      if (handlers.size === 0) document.removeEventListener('keydown', dispatch)
    }
  }, [])
}
