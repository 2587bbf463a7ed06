import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { BrowserStorage } from './browser-storage.ts'

const key = 'marquee.single-keys'

/** Elements in which a key is input, not a shortcut. */
const inputs = 'input:not([type=radio]), textarea, select, dialog'

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
  const latest = useRef(handle)
  latest.current = handle
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as Element
      if (!singleKeys.peek() || event.ctrlKey || event.metaKey || event.altKey) return
      if (!target.closest?.(inputs)) latest.current(event)
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [singleKeys])
}
