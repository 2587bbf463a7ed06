import { Code, ConnectError } from '@connectrpc/connect'
import type { RequestBody } from '@marquee/http/exchange'
import type { Call } from '../call.ts'
import type { CallMemory } from '../call-memory.ts'
import { withReason } from '../errors/rpc-reasons.ts'
import type { Lifetime } from '../lifetime.ts'
import type { RpcLimits } from '../limits.ts'
import type { Expiring } from '../timeouts.ts'
import { ByteQueue } from './byte-queue.ts'
import type { Incoming } from './incoming.ts'

export interface BodyReaderOptions {
  readonly body: RequestBody
  /** Request with a `content-length`. */
  readonly incoming?: Pick<Incoming, 'header'>
  /** Maximum of `content-length` for each byte of `body`. Default: 1. */
  readonly lengthPerByteMax?: number
  /** Ends when the body is late. Its memory is charged with the bytes that are read. */
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

/** Reads the body of a request until its call ends. */
export class BodyReader implements Expiring {
  readonly #body: RequestBody
  readonly #incoming: BodyReaderOptions['incoming']
  readonly #lengthPerByteMax: number
  readonly #lifetime: Lifetime
  readonly #call: Pick<Call, 'lifetime' | 'memory'>
  readonly limits: BodyLimits
  readonly #mayPause: boolean
  /** Time that the call may still wait for the body, in milliseconds. Each byte adds some. */
  #slackMs: number

  constructor(options: BodyReaderOptions) {
    const { body, incoming, lengthPerByteMax = 1, call, limits, mayPause = false } = options
    this.#body = body
    this.#incoming = incoming
    this.#lengthPerByteMax = lengthPerByteMax
    this.#lifetime = call.lifetime
    this.#call = call
    this.limits = limits
    this.#mayPause = mayPause
    this.#slackMs = limits.bodySlackMs
  }

  get memory(): CallMemory {
    return this.#call.memory
  }

  get ended(): boolean {
    return this.#body.ended
  }

  /**
   * Throws `RESOURCE_EXHAUSTED` when `content-length` says that the body exceeds the maximum. Called before waiting
   * for the body, so that a client with `expect: 100-continue` need not send it (RFC 9110 §10.1.1).
   */
  requireLength(bytesMax: number, overheadBytes = 0): void {
    const length = Number(this.#incoming?.header('content-length') ?? 0)
    if (length > this.#lengthPerByteMax * (bytesMax + overheadBytes)) throw tooLarge(bytesMax)
  }

  /** Returns the bytes that have arrived, or `undefined` when there are none. */
  take(): Uint8Array | undefined {
    const bytes = this.#body.take()
    if (bytes !== undefined) this.#earn(bytes.length)
    return bytes
  }

  /**
   * Resolves when there are bytes to take or the body has ended. Rejects when the call is over or
   * the client aborted the request. Ends the call when no byte arrives in time.
   */
  async ready(): Promise<void> {
    const { timeouts } = this.#lifetime
    const ready = this.#body.ready().catch(wasAborted)
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
        ? `the request arrives at less than ${bodyBytesPerSecondMin} bytes a second: send it faster`
        : `no byte of the request arrived for ${bodyIdleTimeoutMs} ms: send it again`
    const error = new ConnectError(text, Code.DeadlineExceeded)
    const limits = { idleMsMax: bodyIdleTimeoutMs, bytesPerSecondMin: bodyBytesPerSecondMin }
    this.#lifetime.end(withReason(error, 'REQUEST_TOO_SLOW', limits))
  }

  #earn(bytes: number): void {
    const { bodySlackMs, bodyBytesPerSecondMin } = this.limits
    const earnedMs = (1_000 * bytes) / bodyBytesPerSecondMin
    this.#slackMs = Math.min(bodySlackMs, this.#slackMs + earnedMs)
  }
}

/** Step in which a body of unknown length is charged to the memory budget, in bytes. */
const grantBytes = 64 * 1024

/**
 * Returns the whole body, without a promise when it has arrived. Throws `RESOURCE_EXHAUSTED` when
 * it is larger than `bytesMax`, without reading further.
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
    // Takes no bytes until memory is granted, which is backpressure for the client.
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
  const text = `the body is larger than ${bytesMax} bytes: send a smaller message`
  const error = new ConnectError(text, Code.ResourceExhausted)
  return withReason(error, 'MESSAGE_TOO_LARGE', { bytesMax })
}

function wasAborted(cause: unknown): never {
  throw new ConnectError(
    'the client aborted the request',
    Code.Canceled,
    undefined,
    undefined,
    cause,
  )
}
