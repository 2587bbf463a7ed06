import { setTimeout as delay } from 'node:timers/promises'
import { boundsMs, type Connection, type Query } from './connection.ts'
import { backOff } from './retry.ts'

export interface ListenerOptions {
  /** Opens a connection that nobody else uses. */
  readonly connect: () => Promise<Connection>
  /** Name of the channel: letters, digits and `_`. */
  readonly channel: string
  /**
   * Called when listening begins, initially and after each disconnection. Payloads during a
   * disconnection are lost.
   */
  readonly onListening: (query: Query) => Promise<void>
  /**
   * Called with the payloads since the last call, in the order of the commits
   * (https://www.postgresql.org/docs/current/sql-notify.html).
   */
  readonly onPayloads: (payloads: readonly string[], query: Query) => Promise<void>
  /** Called when no payload came for 10 seconds. */
  readonly onIdle: (query: Query) => Promise<void>
  /** Called once for each disconnection, with its reason. */
  readonly onDisconnect: (error: Error) => void
}

/** Time without payloads after which `onIdle` is called. It also detects a dead connection. */
const idleIntervalMs = 10_000

/**
 * Listens to a channel of NOTIFY on a connection of its own, until it is disposed. A lost
 * connection is opened again, with back-off, as often as necessary. The functions are called one
 * after the other. When one rejects, the connection is also opened again. Resolves when listening
 * begins for the first time, and rejects when that fails.
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
      if (failures === 0) options.onDisconnect(error as Error)
      failures++
      await delay(backOff(failures), undefined, { signal: stopped }).catch(() => undefined)
    }
  }
}

/** Listens on one connection. Rejects when it is lost, and resolves when it is stopped. */
async function listen(
  { connect, channel, onListening, onPayloads, onIdle }: ListenerOptions,
  stopped: AbortSignal,
  onStarted: () => void,
): Promise<void> {
  await using connection = await connect()
  if (stopped.aborted) return
  const { query } = connection
  using mailbox = openMailbox(connection, stopped)
  await query({ text: `LISTEN ${channel}` })
  await onListening(query)
  onStarted()
  while (!stopped.aborted) {
    const payloads = await mailbox.next()
    if (stopped.aborted) return
    if (payloads.length > 0) await onPayloads(payloads, query)
    else await onIdle(query)
  }
}

interface Mailbox extends Disposable {
  /**
   * Returns the payloads since the last call, or none after a while. Rejects when the connection is
   * lost.
   */
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
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    wake()
    // For a statement in flight that gets no response.
    timer = setTimeout(() => client.connection.stream.destroy(), boundsMs.close)
  }
  stopped.addEventListener('abort', stop)

  function nextEvent(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const idleTimer = setTimeout(resolve, idleIntervalMs)
    wake = () => {
      clearTimeout(idleTimer)
      resolve()
    }
    return promise
  }

  return {
    async next() {
      if (payloads.length === 0 && lost === undefined && !stopped.aborted) await nextEvent()
      if (lost !== undefined) throw lost
      const taken = payloads
      payloads = []
      return taken
    },
    [Symbol.dispose]() {
      stopped.removeEventListener('abort', stop)
      clearTimeout(timer)
    },
  }
}
