import { Code, ConnectError } from '@connectrpc/connect'
import type { MemoryAccount } from '@marquee/http/memory/account'
import { withReason } from './errors/rpc-reasons.ts'
import type { Lifetime } from './lifetime.ts'

/**
 * Memory that a call holds on the account of its client: messages, batches and watched records. The
 * end of the call releases it.
 */
export class CallMemory {
  readonly #account: MemoryAccount | undefined
  readonly #lifetime: Lifetime
  readonly #waitMs: number
  #heldBytes = 0
  #endsWithCall = false

  /**
   * @param account Without one, as on an edge platform, nothing is charged.
   * @param waitMs Maximum time that `hold` waits for memory, in milliseconds.
   */
  constructor(account: MemoryAccount | undefined, lifetime: Lifetime, waitMs: number) {
    this.#account = account
    this.#lifetime = lifetime
    this.#waitMs = waitMs
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Holds further bytes. Returns false when the account has no room for them now. */
  tryHold(bytes: number): boolean {
    if (this.#account === undefined || this.#lifetime.isOver) return true
    if (!this.#account.tryReserve(bytes)) return false
    this.#add(bytes)
    return true
  }

  /** Holds further bytes, or throws `RESOURCE_EXHAUSTED`. */
  holdNow(bytes: number): void {
    if (this.tryHold(bytes)) return
    this.#account?.refuse()
    throw noRoom()
  }

  /**
   * Resolves when the further bytes are held. Rejects with `RESOURCE_EXHAUSTED` when there is no
   * room for them within `waitMs`, and with the reason of the call's end when the call ends first.
   */
  async hold(bytes: number): Promise<void> {
    const account = this.#account
    if (this.tryHold(bytes) || account === undefined) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const stop = account.wait(bytes, () => {
      if (this.#lifetime.isOver) account.release(bytes)
      else this.#add(bytes)
      resolve()
    })
    const expiring = {
      expire() {
        account.refuse()
        reject(noRoom())
      },
    }
    const timeout = this.#lifetime.timeouts.add(expiring, this.#waitMs)
    try {
      await this.#lifetime.unlessOver(promise)
    } finally {
      stop()
      timeout.delete(expiring)
    }
  }

  /** Releases bytes. */
  release(bytes: number): void {
    const released = Math.min(bytes, this.#heldBytes)
    this.#heldBytes -= released
    this.#account?.release(released)
  }

  #add(bytes: number): void {
    this.#heldBytes += bytes
    if (this.#endsWithCall) return
    this.#endsWithCall = true
    this.#lifetime.whenOver(() => this.release(this.#heldBytes))
  }
}

function noRoom(): ConnectError {
  const text = 'the service holds too much data for this client: send less at once, or later'
  return withReason(new ConnectError(text, Code.ResourceExhausted), 'MEMORY_EXHAUSTED')
}
