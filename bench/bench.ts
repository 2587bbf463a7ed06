import type { Found } from '../platform/testing/tools.ts'
import type { Sample } from './figures.ts'
import type { Flood } from './flood.ts'

/** What a case is given. */
export interface Bench {
  readonly rounds: number
  /** A folder for files, removed at the end. */
  readonly folder: string
  /** Whether a peer is to be measured. */
  wants(peerName: string): boolean
  readonly flood: Flood
  report(sample: Sample): void
  /** Tells the person who waits. */
  note(text: string): void
}

/** The peer that the others are compared to, and that is always measured. */
export const ownName = 'marquee-bun'

/** A server to measure. Disposing it ends it. */
export interface Peer extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** Its origin for each version of HTTP that it serves. */
  readonly origins: { readonly '1.1'?: string; readonly '2'?: string }
}

/** A peer that can be started, unless something that it needs is absent. */
export interface Candidate {
  readonly name: string
  start(): Promise<Found<Peer>>
}

/** Starts those that are wanted one after the other, and notes which are left out. */
export async function startAll(
  candidates: readonly Candidate[],
  stack: AsyncDisposableStack,
  { wants, note }: Pick<Bench, 'wants' | 'note'>,
): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const candidate of candidates.filter(({ name }) => wants(name))) {
    const found = await candidate.start()
    if ('value' in found) peers.push(stack.use(found.value))
    else note(`left out: ${candidate.name}: ${found.missing}`)
  }
  return peers
}

/** Starts one that the case cannot do without. */
export async function startNeeded(
  candidate: Candidate,
  stack: AsyncDisposableStack,
): Promise<Peer> {
  const found = await candidate.start()
  if ('missing' in found) throw new Error(`${candidate.name}: ${found.missing}`)
  return stack.use(found.value)
}
