import type { Signal } from '@preact/signals'
import { nextTheme, type Theme } from './theme.ts'

export function ThemeButton({ theme }: { theme: Signal<Theme> }) {
  const next = nextTheme(theme.value)
  const label = `Theme: ${theme.value}. Switch to ${next}`
  const change = () => {
    theme.value = next
  }
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={change}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <ThemeIcon theme={theme.value} />
      </svg>
      <span class="button-word">Theme: {theme.value}</span>
    </button>
  )
}

function ThemeIcon({ theme }: { theme: Theme }) {
  if (theme === 'dark')
    return (
      <path class="icon-fill" d="M16.500 12.300A7 7 0 0 1 7.700 3.500a7 7 0 1 0 8.800 8.800Z" />
    )
  if (theme === 'light') {
    return (
      <>
        <circle class="icon-fill" cx="10" cy="10" r="3.500" />
        <path
          class="icon-line"
          d="M10 1.500v2.500M10 16v2.500M1.500 10H4M16 10h2.500M4 4l1.800 1.800M14.200 14.200 16 16M4 16l1.800-1.800M14.200 5.800 16 4"
        />
      </>
    )
  }
  return (
    <>
      <circle class="icon-line" cx="10" cy="10" r="7" />
      <path class="icon-fill" d="M10 3a7 7 0 0 1 0 14Z" />
    </>
  )
}
