import { effect } from '@preact/signals'
import { createBrowserStorage } from '../browser-storage.ts'
import { addFont } from '../font.ts'
import { createTheme } from '../frame/theme.ts'

/** The dark theme of Swagger UI, which has no other switch than this class. */
const darkClass = 'dark-mode'

const theme = createTheme(document, createBrowserStorage(window))
const system = matchMedia('(prefers-color-scheme: dark)')
const apply = () => {
  const isDark = theme.value === 'dark' || (theme.value === 'system' && system.matches)
  document.documentElement.classList.toggle(darkClass, isDark)
}
effect(apply)
system.addEventListener('change', apply)
void addFont(document)
