import { effect, type Signal, signal } from '@preact/signals'
import type { Kept } from './kept.ts'

const key = 'marquee.single-keys'

/**
 * Whether single keys do something: on, until a person turns them off, because speech input and
 * shaking hands press them by mistake (WCAG 2.1.4).
 */
export function createSingleKeys(kept: Kept): Signal<boolean> {
  const singleKeys = signal(kept.get(key) !== 'off')
  effect(() => {
    kept.set(key, singleKeys.value ? 'on' : 'off')
  })
  return singleKeys
}
