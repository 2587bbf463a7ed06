import { effect, type Signal, signal } from '@preact/signals'
import type { Kept } from './kept.ts'

/** `system` follows the browser's `prefers-color-scheme`. */
export type Theme = 'system' | 'light' | 'dark'

const key = 'marquee.theme'
const themes: readonly Theme[] = ['system', 'light', 'dark']

/** The scheme a person chose, remembered, and applied to the document whenever it changes. */
export function createTheme(document: Document, kept: Kept): Signal<Theme> {
  const theme = signal(parseTheme(kept.get(key)))
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme.value
    kept.set(key, theme.value)
  })
  return theme
}

export function parseTheme(text: string | undefined): Theme {
  return themes.find((theme) => theme === text) ?? 'system'
}

/** The one after it, around: system, light, dark. */
export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
}
