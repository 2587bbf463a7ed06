/** Text by name that the browser saves for the page. */
export interface BrowserStorage {
  get(name: string): string | undefined
  /** Saves the text; when it does not fit, only until the page is closed. */
  set(name: string, text: string): void
  /**
   * Calls the listener when another page of this browser changes the text.
   * @param name Returns the current name.
   */
  onChange(name: () => string, listener: () => void): void
}

/**
 * The browser's storage, or the page's own memory when storage is denied or full.
 * @param kind `sessionStorage` lasts as long as the tab. Default: `localStorage`.
 */
export function createBrowserStorage(
  window: Window,
  kind: 'localStorage' | 'sessionStorage' = 'localStorage',
): BrowserStorage {
  const memory = new Map<string, string>()
  const storage = openStorage(window, kind)
  return {
    get: (name) => memory.get(name) ?? storage?.getItem(name) ?? undefined,
    set(name, text) {
      try {
        if (!storage) throw new Error('the browser denies storage')
        storage.setItem(name, text)
        memory.delete(name)
      } catch {
        memory.set(name, text)
      }
    },
    onChange(name, listener) {
      window.addEventListener('storage', ({ key }) => {
        if (key === name()) listener()
      })
    },
  }
}

function openStorage(window: Window, kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return window[kind]
  } catch {
    return undefined
  }
}
