import { effect, type Signal, signal } from '@preact/signals'

/** `system` follows the browser's `prefers-color-scheme`. */
export type Theme = 'system' | 'light' | 'dark'

const key = 'marquee.theme'
const themes: readonly Theme[] = ['system', 'light', 'dark']

/** The scheme a person chose, remembered, and applied to the document whenever it changes. */
export function createTheme({ document, localStorage }: Window): Signal<Theme> {
  const theme = signal(parseTheme(localStorage.getItem(key)))
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme.value
    localStorage.setItem(key, theme.value)
  })
  return theme
}

export function parseTheme(text: string | null): Theme {
  return themes.find((theme) => theme === text) ?? 'system'
}

/** The one after it, around: system, light, dark. */
export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
}
