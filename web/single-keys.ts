import { effect, type Signal, signal } from '@preact/signals'

const key = 'marquee.single-keys'

/**
 * Whether single keys do something: on, until a person turns them off, because speech input and
 * shaking hands press them by mistake (WCAG 2.1.4).
 */
export function createSingleKeys(storage: Storage): Signal<boolean> {
  const singleKeys = signal(storage.getItem(key) !== 'off')
  effect(() => {
    storage.setItem(key, singleKeys.value ? 'on' : 'off')
  })
  return singleKeys
}
