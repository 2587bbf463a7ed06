import type { BrowserStorage } from '../browser-storage.ts'
import { createStoredJson } from '../stored-json.ts'

/** Maximum number of methods whose draft is kept. */
const draftCountMax = 50
/** Maximum length of a draft that is kept, in characters. */
const draftLengthMax = 100_000

/** The JSON of the requests that are being edited, by path of the method. */
export interface SavedDrafts {
  get(path: string): string | undefined
  /** Keeps the text; one that is too long is not kept. */
  set(path: string, text: string): void
}

export function createSavedDrafts(storage: BrowserStorage): SavedDrafts {
  const stored = createStoredJson(storage, 'marquee.try.drafts', parseDrafts)
  return {
    get: (path) => stored.read().get(path),
    set(path, text) {
      const drafts = stored.read()
      drafts.delete(path)
      if (text.length <= draftLengthMax) drafts.set(path, text)
      stored.write([...drafts].slice(-draftCountMax))
    },
  }
}

function parseDrafts(json: unknown): Map<string, string> {
  const entries = Array.isArray(json) ? json : []
  return new Map(
    entries.filter(
      (entry): entry is [string, string] =>
        Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'string',
    ),
  )
}
