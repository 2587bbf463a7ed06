import { setTimeout as delay } from 'node:timers/promises'
import { boundsMs, type Connection, type Query } from './connection.ts'
import { backOff } from './retry.ts'

export interface ListenerOptions {
  /** Makes a connection that nobody else uses. */
  readonly connect: () => Promise<Connection>
  /** Letters, digits and `_`. */
  readonly channel: string
  /** Called when the channel is heard, at first and after each break. What was said during a break is not heard. */
  readonly begin: (query: Query) => Promise<void>
  /** What was said since the last call, in the order of the commits (https://www.postgresql.org/docs/current/sql-notify.html). */
  readonly hear: (payloads: readonly string[], query: Query) => Promise<void>
  /** Called when nothing was said for a while. */
  readonly idle: (query: Query) => Promise<void>
  /** Called once for each break, with its reason. */
  readonly onBreak: (error: Error) => void
}

/** How long nothing is said until `idle` is called, which also finds a connection that is dead. */
const idleIntervalMs = 10_000

/**
 * Listens to a channel of NOTIFY on a connection of its own, until it is disposed of. A lost connection is made again,
 * with back-off, as often as it takes. The functions are called one after the other; when one rejects, that is a break
 * too. Resolves when the channel is heard for the first time, and rejects when that fails.
 */
export async function startListener(options: ListenerOptions): Promise<AsyncDisposable> {
  const stopped = new AbortController()
  const first = Promise.withResolvers<void>()
  const running = run(options, stopped.signal, first)
  await first.promise
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await running
    },
  }
}

async function run(
  options: ListenerOptions,
  stopped: AbortSignal,
  first: PromiseWithResolvers<void>,
): Promise<void> {
  let failures = 0
  let started = false
  while (!stopped.aborted) {
    try {
      await listen(options, stopped, () => {
        failures = 0
        started = true
        first.resolve()
      })
    } catch (error) {
      if (!started) return first.reject(error)
      if (stopped.aborted) return
      if (failures === 0) options.onBreak(error as Error)
      failures++
      await delay(backOff(failures), undefined, { signal: stopped }).catch(() => undefined)
    }
  }
}

/** Rejects when the connection is lost. Resolves when it is stopped. */
async function listen(
  { connect, channel, begin, hear, idle }: ListenerOptions,
  stopped: AbortSignal,
  onHeard: () => void,
): Promise<void> {
  await using connection = await connect()
  if (stopped.aborted) return
  const { query } = connection
  using mailbox = openMailbox(connection, stopped)
  await query({ text: `LISTEN ${channel}` })
  await begin(query)
  onHeard()
  while (!stopped.aborted) {
    const payloads = await mailbox.next()
    if (stopped.aborted) return
    if (payloads.length > 0) await hear(payloads, query)
    else await idle(query)
  }
}

interface Mailbox extends Disposable {
  /** What was said since the last call, or nothing after a while. Rejects when the connection is lost. */
  next(): Promise<string[]>
}

function openMailbox({ client }: Connection, stopped: AbortSignal): Mailbox {
  let payloads: string[] = []
  let lost: Error | undefined
  let wake = () => {}
  const lose = (error: Error) => {
    lost ??= error
    wake()
  }
  client.on('notification', ({ payload }) => {
    payloads.push(payload ?? '')
    wake()
  })
  client.on('error', lose)
  client.on('end', () => lose(new Error('the connection has ended')))
  let hangUp: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    wake()
    // For a statement at hand that nobody answers.
    hangUp = setTimeout(() => client.connection.stream.destroy(), boundsMs.close)
  }
  stopped.addEventListener('abort', stop)

  function something(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, idleIntervalMs)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }

  return {
    async next() {
      if (payloads.length === 0 && lost === undefined && !stopped.aborted) await something()
      if (lost !== undefined) throw lost
      const taken = payloads
      payloads = []
      return taken
    },
    [Symbol.dispose]() {
      stopped.removeEventListener('abort', stop)
      clearTimeout(hangUp)
    },
  }
}
