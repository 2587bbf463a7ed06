import type { BrowserStorage } from './browser-storage.ts'

/** A value that the browser saves as JSON. */
export interface StoredJson<Value> {
  read(): Value
  /** Saves the JSON of the value, as `parse` expects it. */
  write(json: unknown): void
}

/**
 * Saves a value as JSON by a name.
 * @param parse Checks what an earlier version of the page, or a person, may have saved. Gets
 * `undefined` when nothing is saved, or no JSON.
 */
export function createStoredJson<Value>(
  storage: BrowserStorage,
  name: string,
  parse: (json: unknown) => Value,
): StoredJson<Value> {
  return {
    read: () => parse(parseText(storage.get(name))),
    write: (json) => storage.set(name, JSON.stringify(json)),
  }
}

function parseText(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Nothing of the page writes such text. The next write replaces it.
    return undefined
  }
}
