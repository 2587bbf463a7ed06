import { TokenBucket } from '../../token-bucket.ts'
import { ConnectionError } from '../frames/errors.ts'
import { errorCode } from '../frames/wire.ts'
import type { Http2Limits } from '../limits.ts'
import type { ConnectionTimer } from './timer.ts'

/** Budget for actions that are cheap for the peer. Too many end its connection (RFC 9113 §10.5). */
export class PeerBudget {
  readonly #limits: Http2Limits
  readonly #timer: ConnectionTimer
  readonly #idleFrames: TokenBucket
  /** Full, and not created, until the first reset. */
  #resets: TokenBucket | undefined
  readonly #isTrusted: boolean

  /** @param isTrusted Whether the peer has no limit. */
  constructor(limits: Http2Limits, timer: ConnectionTimer, isTrusted: boolean) {
    this.#limits = limits
    this.#timer = timer
    this.#isTrusted = isTrusted
    this.#idleFrames = new TokenBucket(limits.idleFrames, timer.nowMs)
  }

  /** Pays for frames that carry nothing. Throws a `ConnectionError`. */
  spend(frames: number): void {
    if (this.#idleFrames.spend(frames, this.#timer.nowMs) || this.#isTrusted) return
    throw new ConnectionError(errorCode.enhanceYourCalm, 'too many frames without data')
  }

  /** Pays for a SETTINGS frame. Throws a `ConnectionError`. */
  spendSettings(): void {
    this.spend(this.#limits.settingsCost)
  }

  /** Credits a request or a DATA frame. */
  earn(): void {
    this.#idleFrames.earn(this.#limits.dataEarnsIdleFrames)
  }

  /** Credits a complete response. */
  earnResets(): void {
    this.#resets?.earn(this.#limits.responseEarnsResets)
  }

  /** Pays for a stream that ends early. Throws a `ConnectionError`. */
  spendReset(): void {
    const { nowMs } = this.#timer
    this.#resets ??= new TokenBucket(this.#limits.resets, nowMs)
    if (this.#resets.spend(1, nowMs) || this.#isTrusted) return
    throw new ConnectionError(errorCode.enhanceYourCalm, 'too many streams were reset')
  }
}
