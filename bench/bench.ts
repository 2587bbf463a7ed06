import type { Found } from '@marquee/testing/tools'
import type { Sample } from './figures.ts'
import type { Flood } from './flood.ts'
import type { Pinning } from './pinning.ts'

/** Parameters and callbacks of a case. */
export interface Bench {
  readonly rounds: number
  /** Folder for files. Removed at the end. */
  readonly folder: string
  /** Cores of servers and load. Default: the system's choice. */
  readonly pinning: Pinning | undefined
  /** Returns whether a peer is to be measured. */
  isSelected(peerName: string): boolean
  readonly flood: Flood
  report(sample: Sample): void
  /** Prints a progress message. */
  log(text: string): void
  /** Reports that a peer failed. It is not measured further, and the bench fails. */
  fail(peerName: string, thrown: unknown): void
}

/** Peer that the others are compared with. It is always measured. */
export const ownName = 'marquee-bun'

/** A server to measure. Disposing it stops it. */
export interface Peer extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** Origin for each version of HTTP that the peer serves. */
  readonly origins: { readonly '1.1'?: string; readonly '2'?: string }
}

/** A peer that can be started, unless something that it needs is missing. */
export interface Candidate {
  readonly name: string
  /** @param core Core that it runs on. Default: those of this process. */
  start(core?: number): Promise<Found<Peer>>
}

/** Starts the selected peers, one after the other. */
export async function startAll(
  candidates: readonly Candidate[],
  stack: AsyncDisposableStack,
  bench: Bench,
): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const candidate of candidates) {
    const peer = await startSelected(candidate, bench)
    if (peer) peers.push(stack.use(peer))
  }
  return peers
}

/** Starts a peer if it is selected. */
export async function startSelected(candidate: Candidate, bench: Bench): Promise<Peer | undefined> {
  const { name } = candidate
  if (!bench.isSelected(name)) return undefined
  try {
    const found = await candidate.start(bench.pinning?.server)
    if ('value' in found) return found.value
    bench.log(`${name} is skipped: ${found.missing}`)
  } catch (error) {
    bench.fail(name, error)
  }
  return undefined
}

/** Starts a peer that the case needs. */
export async function startNeeded(
  candidate: Candidate,
  stack: AsyncDisposableStack,
): Promise<Peer> {
  const found = await candidate.start()
  if ('missing' in found) throw new Error(`${candidate.name}: ${found.missing}`)
  return stack.use(found.value)
}
