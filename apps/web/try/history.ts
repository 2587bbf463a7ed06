import { type ReadonlySignal, signal } from '@preact/signals'
import type { BrowserStorage } from '../browser-storage.ts'
import { createStoredJson } from '../stored-json.ts'

/** A call that was made. It has no headers, because they may be secret. */
export interface HistoryEntry {
  /** Path of the method on the page. */
  readonly path: string
  /** Name of the method: `PutRating`. */
  readonly name: string
  /** Code of the response, such as `ok`. */
  readonly code: string
  readonly durationMs: number
  /** Time of the call, in milliseconds since 1970. */
  readonly timeMs: number
  /** JSON of the request. */
  readonly text: string
}

/** Maximum number of calls that are kept. */
const entryCountMax = 50
/** Maximum length of a request that is kept, in characters. */
const textLengthMax = 20_000

/** The last calls of this browser, the newest first. */
export interface CallHistory {
  readonly entries: ReadonlySignal<readonly HistoryEntry[]>
  /** Adds a call; one whose request is too long is not kept. */
  add(entry: HistoryEntry): void
  clear(): void
}

export function createCallHistory(storage: BrowserStorage): CallHistory {
  const stored = createStoredJson(storage, 'marquee.try.history', parseEntries)
  const entries = signal(stored.read())
  const save = (next: readonly HistoryEntry[]) => {
    entries.value = next
    stored.write(next)
  }
  return {
    entries,
    add(entry) {
      if (entry.text.length > textLengthMax) return
      // Read again: another tab may have added calls.
      save([entry, ...stored.read()].slice(0, entryCountMax))
    },
    clear: () => save([]),
  }
}

function parseEntries(json: unknown): readonly HistoryEntry[] {
  return Array.isArray(json) ? json.filter(isEntry).slice(0, entryCountMax) : []
}

function isEntry(json: unknown): json is HistoryEntry {
  const entry = json as Partial<HistoryEntry> | null
  const texts = [entry?.path, entry?.name, entry?.code, entry?.text]
  const numbers = [entry?.durationMs, entry?.timeMs]
  return (
    texts.every((text) => typeof text === 'string') &&
    numbers.every((number) => typeof number === 'number') &&
    entry?.path?.startsWith('/try/') === true
  )
}
