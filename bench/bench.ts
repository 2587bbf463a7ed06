import type { Found } from '@marquee/testing/tools'
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
  /** Tells that a peer is measured no further, which spoils the run. */
  fail(peerName: string, thrown: unknown): void
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

/** Starts those that are wanted, one after the other. */
export async function startAll(
  candidates: readonly Candidate[],
  stack: AsyncDisposableStack,
  bench: Bench,
): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const candidate of candidates) {
    const peer = await startWanted(candidate, bench)
    if (peer) peers.push(stack.use(peer))
  }
  return peers
}

/** Starts a peer, if it is wanted. */
export async function startWanted(candidate: Candidate, bench: Bench): Promise<Peer | undefined> {
  const { name } = candidate
  if (!bench.wants(name)) return undefined
  try {
    const found = await candidate.start()
    if ('value' in found) return found.value
    bench.note(`${name} is left out: ${found.missing}`)
  } catch (error) {
    bench.fail(name, error)
  }
  return undefined
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
