import { effect, type Signal, signal } from '@preact/signals'
import type { BrowserStorage } from '../browser-storage.ts'

/** `system` follows the browser's `prefers-color-scheme`. */
export type Theme = 'system' | 'light' | 'dark'

const key = 'marquee.theme'
const themes: readonly Theme[] = ['system', 'light', 'dark']

/** The chosen theme: saved, and applied to the document when it changes. */
export function createTheme(document: Document, storage: BrowserStorage): Signal<Theme> {
  const theme = signal(parseTheme(storage.get(key)))
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme.value
    storage.set(key, theme.value)
  })
  return theme
}

function parseTheme(text: string | undefined): Theme {
  return themes.find((theme) => theme === text) ?? 'system'
}

/** The next theme in the cycle system, light, dark. */
export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
}
