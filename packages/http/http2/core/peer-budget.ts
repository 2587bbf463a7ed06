import { TokenBucket } from '../../token-bucket.ts'
import { ConnectionError } from '../frames/errors.ts'
import { errorCode } from '../frames/wire.ts'
import type { Http2Limits } from '../limits.ts'

/** What a peer may ask for that costs it nothing. What is too much ends its connection (RFC 9113 §10.5). */
export class PeerBudget {
  readonly #limits: Http2Limits
  readonly #idleFrames: TokenBucket
  readonly #resets: TokenBucket
  readonly #isTrusted: boolean

  /** @param isTrusted whether it may do as it likes. */
  constructor(limits: Http2Limits, nowMs: number, isTrusted: boolean) {
    this.#limits = limits
    this.#isTrusted = isTrusted
    this.#idleFrames = new TokenBucket(limits.idleFrames, nowMs)
    this.#resets = new TokenBucket(limits.resets, nowMs)
  }

  /** For frames that carry nothing. Throws a `ConnectionError`. */
  spend(frames: number, nowMs: number): void {
    if (this.#idleFrames.spend(frames, nowMs) || this.#isTrusted) return
    throw new ConnectionError(errorCode.enhanceYourCalm, 'too many frames that carry nothing')
  }

  /** For a frame that does. */
  earn(): void {
    this.#idleFrames.earn(this.#limits.workEarns)
  }

  /** For an answer that was complete. */
  earnResets(): void {
    this.#resets.earn(this.#limits.answerEarnsResets)
  }

  /** For a stream that ends before its time. Throws a `ConnectionError`. */
  spendReset(nowMs: number): void {
    if (this.#resets.spend(1, nowMs) || this.#isTrusted) return
    throw new ConnectionError(errorCode.enhanceYourCalm, 'too many streams reset')
  }
}
