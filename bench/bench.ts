import type { Found } from '../platform/testing/tools.ts'
import type { Sample } from './figures.ts'
import type { RunLoad } from './load.ts'

/** What a case is given. */
export interface Bench {
  readonly rounds: number
  /** A folder for files, removed at the end. */
  readonly folder: string
  readonly load: RunLoad
  report(sample: Sample): void
  /** Tells the person who waits. */
  note(text: string): void
}

/** A server to measure. Disposing it ends it. */
export interface Peer extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** Its origin for each version of HTTP that it serves. */
  readonly origins: { readonly '1.1'?: string; readonly '2'?: string }
}

/** Starts a peer, or says what it lacks. */
export type StartPeer = () => Promise<Found<Peer>>

/** Starts one peer after the other, and notes which are left out. */
export async function startAll(
  starts: readonly StartPeer[],
  stack: AsyncDisposableStack,
  note: (text: string) => void,
): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const start of starts) {
    const found = await start()
    if ('value' in found) peers.push(stack.use(found.value))
    else note(`left out: ${found.missing}`)
  }
  return peers
}
