import type { Code } from '@connectrpc/connect'
import type { MemoryAccount } from '@marquee/http/memory/account'
import type { Call } from './call.ts'
import { CallMemory } from './call-memory.ts'
import type { Lifetime } from './lifetime.ts'
import type { Span } from './span.ts'

/** A call from its first middleware to the last byte of its response. */
export class OpenCall implements Call {
  readonly requestId: string
  /** Start of the call on the clock of `performance.now()`, in milliseconds. */
  readonly startMs: number
  readonly lifetime: Lifetime
  protocol = 'rest'
  method = ''
  /** HTTP status of the response. 0 until there is one. */
  status = 0
  isPrivate = false
  code: Code | undefined
  error: unknown
  span: Span | undefined
  /** Memory account of the client's connection. */
  account: MemoryAccount | undefined
  memoryWaitMs = 0
  #memory: CallMemory | undefined
  readonly #onEnd: (call: OpenCall) => void
  #holds = 1

  constructor(
    requestId: string,
    startMs: number,
    lifetime: Lifetime,
    onEnd: (call: OpenCall) => void,
  ) {
    this.requestId = requestId
    this.startMs = startMs
    this.lifetime = lifetime
    this.#onEnd = onEnd
  }

  get memory(): CallMemory {
    const { account, lifetime, memoryWaitMs: waitMs } = this
    this.#memory ??= new CallMemory({ account, lifetime, waitMs })
    return this.#memory
  }

  hold(): () => void {
    this.#holds++
    return () => this.release()
  }

  /** Releases one hold. The last one ends the call. */
  release(): void {
    this.#holds--
    if (this.#holds !== 0) return
    this.lifetime.finish()
    this.#onEnd(this)
  }
}
