import { Code, ConnectError } from '@connectrpc/connect'
import type { RequestBody } from '../http/exchange.ts'
import { ByteQueue } from './byte-queue.ts'
import type { Lifetime } from './lifetime.ts'
import type { Expiring } from './timeouts.ts'

export interface BodyReaderOptions {
  readonly body: RequestBody
  readonly lifetime: Lifetime
  /** How long to wait for each byte, in milliseconds. */
  readonly idleTimeoutMs: number
}

/** Reads a request's body while its call goes on. */
export class BodyReader implements Expiring {
  readonly #body: RequestBody
  readonly #lifetime: Lifetime
  readonly #idleTimeoutMs: number

  constructor({ body, lifetime, idleTimeoutMs }: BodyReaderOptions) {
    this.#body = body
    this.#lifetime = lifetime
    this.#idleTimeoutMs = idleTimeoutMs
  }

  get ended(): boolean {
    return this.#body.ended
  }

  /** The bytes that are here, or undefined. */
  take(): Uint8Array | undefined {
    return this.#body.take()
  }

  /**
   * Resolves when there is something to take or the body has ended. Rejects when the call is over, when the client broke
   * the request off, or, ending the call, when nothing comes in time.
   */
  async ready(): Promise<void> {
    const timeout = this.#lifetime.timeouts.add(this, this.#idleTimeoutMs)
    try {
      await this.#lifetime.unlessOver(this.#body.ready().catch(wasCutOff))
    } finally {
      timeout.delete(this)
    }
  }

  expire(): void {
    const text = `no byte of the request came for ${this.#idleTimeoutMs} ms`
    this.#lifetime.end(new ConnectError(text, Code.DeadlineExceeded))
  }
}

/** All of a body, at once when it is here; a longer one than that is `RESOURCE_EXHAUSTED`, and read no further. */
export function readAll(reader: BodyReader, bytesMax: number): Uint8Array | Promise<Uint8Array> {
  const queue = new ByteQueue()
  takeAll(reader, queue, bytesMax)
  return reader.ended ? queue.read(queue.length) : readRest(reader, queue, bytesMax)
}

async function readRest(
  reader: BodyReader,
  queue: ByteQueue,
  bytesMax: number,
): Promise<Uint8Array> {
  while (!reader.ended) {
    await reader.ready()
    takeAll(reader, queue, bytesMax)
  }
  return queue.read(queue.length)
}

function takeAll(reader: BodyReader, queue: ByteQueue, bytesMax: number): void {
  for (let chunk = reader.take(); chunk !== undefined; chunk = reader.take()) {
    queue.push(chunk)
    if (queue.length > bytesMax) {
      const text = `the body is larger than ${bytesMax} bytes`
      throw new ConnectError(text, Code.ResourceExhausted)
    }
  }
}

/** It breaks when the client leaves, or sends what HTTP does not allow. */
function wasCutOff(cause: unknown): never {
  throw new ConnectError('the request was cut off', Code.Canceled, undefined, undefined, cause)
}
