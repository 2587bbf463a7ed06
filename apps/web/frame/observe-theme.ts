/** Notifies when the colours of the page change. A canvas has to be drawn again. */
export function observeTheme(onChange: () => void): { disconnect(): void } {
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((text) =>
    matchMedia(text),
  )
  const theme = new MutationObserver(onChange)
  theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  for (const query of queries) query.addEventListener('change', onChange)
  return {
    disconnect() {
      theme.disconnect()
      for (const query of queries) query.removeEventListener('change', onChange)
    },
  }
}
