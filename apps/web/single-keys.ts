import { effect, type Signal, signal } from '@preact/signals'
import type { BrowserStorage } from './browser-storage.ts'

const key = 'marquee.single-keys'

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
