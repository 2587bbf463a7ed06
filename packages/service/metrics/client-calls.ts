import { ConnectError, type Transport } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import { type Counts, Tally } from './tally.ts'

/** Counts the calls of a process to other services. */
export class ClientCalls {
  readonly #tallies = new Map<string, Tally>()

  /**
   * Counts a call.
   * @param target Short name of the called service.
   * @param durationMs `undefined` for a stream.
   */
  add(target: string, code: string, durationMs: number | undefined): void {
    const tally = this.#tallies.get(target) ?? new Tally()
    this.#tallies.set(target, tally)
    tally.add(code, durationMs)
  }

  /** Returns the counts by target. */
  counts(): Iterable<readonly [target: string, counts: Counts]> {
    return this.#tallies
  }
}

/** Counts the calls of a transport. Retries belong to their call. */
export function countCalls(transport: Transport, target: string, calls: ClientCalls): Transport {
  return {
    async unary(...call) {
      const startMs = performance.now()
      const end = (code: string) => calls.add(target, code, performance.now() - startMs)
      try {
        const response = await transport.unary(...call)
        end('ok')
        return response
      } catch (error) {
        end(codeOf(error))
        throw error
      }
    },
    async stream(...call) {
      const [, signal] = call
      const cancel = () => end('canceled')
      const end = once((code) => {
        signal?.removeEventListener('abort', cancel)
        calls.add(target, code, undefined)
      })
      // A caller that leaves may not read the messages to their end.
      signal?.addEventListener('abort', cancel)
      try {
        const response = await transport.stream(...call)
        return { ...response, message: countEnd(response.message, end) }
      } catch (error) {
        end(codeOf(error))
        throw error
      }
    },
  }
}

type End = (code: string) => void

function once(end: End): End {
  let hasEnded = false
  return (code) => {
    if (!hasEnded) end(code)
    hasEnded = true
  }
}

async function* countEnd<T>(messages: AsyncIterable<T>, end: End): AsyncGenerator<T> {
  try {
    yield* messages
    end('ok')
  } catch (error) {
    end(codeOf(error))
    throw error
  }
}

function codeOf(thrown: unknown): string {
  return codeToString(ConnectError.from(thrown).code)
}
