import type { ChangeFeed } from './feed.ts'

/** Parameters of every watch. */
export interface WatchContext {
  /** Counts the watch, until the result is disposed. */
  readonly enter: () => Entered
  readonly sinceRevision: number
  readonly signal: AbortSignal
}

export interface Entered extends Disposable {
  /** Returns the feed of all watches. Rejects when the store cannot be read. */
  feed(): Promise<ChangeFeed>
}
