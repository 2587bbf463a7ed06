import type { Presence } from './presence.ts'

/**
 * Closes the watches of a page while it is hidden or offline, and reopens them at once when it is
 * visible and online again.
 */
export const browserPresence: Presence = {
  state() {
    if (!navigator.onLine) return 'offline'
    return document.hidden ? 'paused' : 'active'
  },
  onChange(listener) {
    const listening = new AbortController()
    const { signal } = listening
    document.addEventListener('visibilitychange', listener, { signal })
    window.addEventListener('online', listener, { signal })
    window.addEventListener('offline', listener, { signal })
    return () => listening.abort()
  },
}
