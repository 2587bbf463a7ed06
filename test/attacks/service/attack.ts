import type { Socket } from 'node:net'
import type { FramesPeer } from '../../../packages/http/http2/testing/frames-peer.ts'

/** The three services as `bun start` runs them, and the connections of one attacker. */
export interface Target {
  readonly metadata: Endpoint
  readonly rating: Endpoint
  readonly movie: Endpoint
  /** Aborted when the attack has lasted long enough. */
  readonly signal: AbortSignal
  /** Counts a response, by its status or outcome. */
  saw(outcome: string | number): void
}

/** A port under attack. Its connections are closed after the attack. */
export interface Endpoint {
  readonly port: number
  /** Opens an HTTP/2 connection and exchanges SETTINGS. */
  peer(settings?: Uint8Array): Promise<FramesPeer>
  /** Opens a connection and sends nothing. */
  dial(): Socket
}

/** A repeated attack by one client until the signal is aborted. */
export interface Attack {
  /** Name as part of a sentence: "200 Brotli bodies with the largest window". */
  readonly name: string
  run(target: Target): Promise<void>
}
