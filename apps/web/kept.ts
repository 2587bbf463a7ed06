/** What the browser keeps for the page, as text by name. */
export interface Kept {
  get(name: string): string | undefined
  /** What finds no room is forgotten when the page is closed. */
  set(name: string, text: string): void
  /** Another page of this browser changed it. */
  onChange(name: string, listener: () => void): void
}

/** `localStorage`; where a person does not allow it, or it is full, the page's own memory. */
export function createKept(window: Window): Kept {
  const own = new Map<string, string>()
  const storage = openStorage(window)
  return {
    get: (name) => own.get(name) ?? storage?.getItem(name) ?? undefined,
    set(name, text) {
      try {
        if (!storage) throw new Error('the browser keeps nothing')
        storage.setItem(name, text)
        own.delete(name)
      } catch {
        own.set(name, text)
      }
    },
    onChange(name, listener) {
      window.addEventListener('storage', ({ key }) => {
        if (key === name) listener()
      })
    },
  }
}

function openStorage(window: Window): Storage | undefined {
  try {
    return window.localStorage
  } catch {
    return undefined
  }
}
