import { Code, ConnectError } from '@connectrpc/connect'
import type { RequestBody } from '@marquee/http/exchange'
import type { Call } from '../call.ts'
import type { CallMemory } from '../call-memory.ts'
import type { Lifetime } from '../lifetime.ts'
import type { RpcLimits } from '../limits.ts'
import type { Expiring } from '../timeouts.ts'
import { ByteQueue } from './byte-queue.ts'
import type { Incoming } from './incoming.ts'

export interface BodyReaderOptions {
  readonly body: RequestBody
  /** Has the request's `content-length`. */
  readonly incoming?: Pick<Incoming, 'header'>
  /** Ended when the body is late, and charged with what is gathered. */
  readonly call: Pick<Call, 'lifetime' | 'memory'>
  readonly limits: BodyLimits
  /** True when the client may pause, as in bidirectional streams. */
  readonly mayPause?: boolean
}

/** Limits of a request body; see `RpcLimits`. */
export type BodyLimits = Pick<
  RpcLimits,
  'bodyIdleTimeoutMs' | 'bodyBytesPerSecondMin' | 'bodySlackMs' | 'freeMessageBytesMax'
>

/** Reads a request's body while its call goes on. */
export class BodyReader implements Expiring {
  readonly #body: RequestBody
  readonly #incoming: BodyReaderOptions['incoming']
  readonly #lifetime: Lifetime
  readonly #call: Pick<Call, 'lifetime' | 'memory'>
  readonly limits: BodyLimits
  readonly #mayPause: boolean
  /** Time that the call may still wait for the body, in milliseconds. Each byte adds some. */
  #slackMs: number

  constructor({ body, incoming, call, limits, mayPause = false }: BodyReaderOptions) {
    this.#body = body
    this.#incoming = incoming
    this.#lifetime = call.lifetime
    this.#call = call
    this.limits = limits
    this.#mayPause = mayPause
    this.#slackMs = limits.bodySlackMs
  }

  /** Created on demand: short messages need none. */
  get memory(): CallMemory {
    return this.#call.memory
  }

  get ended(): boolean {
    return this.#body.ended
  }

  /**
   * Throws when the client says that more is to come than may. Called before the body is waited
   * for: a client that waits itself (`expect: 100-continue`) gets its response without having sent
   * the body (RFC 9110 §10.1.1).
   */
  requireLength(bytesMax: number, overheadBytes = 0): void {
    const length = Number(this.#incoming?.header('content-length') ?? 0)
    if (length > bytesMax + overheadBytes) throw tooLarge(bytesMax)
  }

  /** The bytes that are here, or undefined. */
  take(): Uint8Array | undefined {
    const bytes = this.#body.take()
    if (bytes !== undefined) this.#earn(bytes.length)
    return bytes
  }

  /**
   * Resolves when there is something to take or the body has ended. Rejects when the call is over,
   * when the client broke the request off, or, ending the call, when nothing comes in time.
   */
  async ready(): Promise<void> {
    const { timeouts } = this.#lifetime
    const ready = this.#body.ready().catch(wasCutOff)
    if (this.#mayPause) return await this.#lifetime.unlessOver(ready)
    const sinceMs = timeouts.now()
    const waitMs = Math.min(this.limits.bodyIdleTimeoutMs, this.#slackMs)
    const timeout = timeouts.add(this, waitMs)
    try {
      await this.#lifetime.unlessOver(ready)
    } finally {
      timeout.delete(this)
      this.#slackMs = Math.max(1, this.#slackMs - (timeouts.now() - sinceMs))
    }
  }

  expire(): void {
    const { bodyIdleTimeoutMs, bodyBytesPerSecondMin } = this.limits
    const text =
      this.#slackMs < bodyIdleTimeoutMs
        ? `the request comes at less than ${bodyBytesPerSecondMin} bytes a second`
        : `no byte of the request came for ${bodyIdleTimeoutMs} ms`
    this.#lifetime.end(new ConnectError(text, Code.DeadlineExceeded))
  }

  #earn(bytes: number): void {
    const { bodySlackMs, bodyBytesPerSecondMin } = this.limits
    const earnedMs = (1_000 * bytes) / bodyBytesPerSecondMin
    this.#slackMs = Math.min(bodySlackMs, this.#slackMs + earnedMs)
  }
}

/** A body whose length nobody knows is granted memory in steps, in bytes. */
const grantBytes = 64 * 1024

/**
 * All of a body, at once when it is here; a longer one than that is `RESOURCE_EXHAUSTED`, and read
 * no further.
 */
export function readAll(reader: BodyReader, bytesMax: number): Uint8Array | Promise<Uint8Array> {
  const queue = new ByteQueue()
  takeAll(reader, queue, bytesMax)
  const isFree = queue.length <= reader.limits.freeMessageBytesMax
  if (reader.ended && (isFree || reader.memory.tryHold(queue.length))) {
    return queue.read(queue.length)
  }
  return readRest(reader, queue, bytesMax)
}

async function readRest(
  reader: BodyReader,
  queue: ByteQueue,
  bytesMax: number,
): Promise<Uint8Array> {
  let heldBytes = 0
  reader.requireLength(bytesMax)
  for (;;) {
    queue.settle()
    // What is not granted is not taken either, so that the client is held back.
    if (queue.length > heldBytes) {
      const bytes = Math.max(queue.length - heldBytes, grantBytes)
      await reader.memory.hold(bytes)
      heldBytes += bytes
    }
    if (reader.ended) return queue.read(queue.length)
    await reader.ready()
    takeAll(reader, queue, bytesMax)
  }
}

function takeAll(reader: BodyReader, queue: ByteQueue, bytesMax: number): void {
  for (let chunk = reader.take(); chunk !== undefined; chunk = reader.take()) {
    queue.push(chunk)
    if (queue.length > bytesMax) throw tooLarge(bytesMax)
  }
}

function tooLarge(bytesMax: number): ConnectError {
  return new ConnectError(`the body is larger than ${bytesMax} bytes`, Code.ResourceExhausted)
}

/** It breaks when the client leaves, or sends what HTTP does not allow. */
function wasCutOff(cause: unknown): never {
  throw new ConnectError('the request was cut off', Code.Canceled, undefined, undefined, cause)
}
