import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { InstanceHealth } from '../port.ts'
import type { ConsulClient } from './client.ts'
import { backOff } from './pace.ts'
import type { ConsulService } from './service.ts'

/** How many times an instance is taken back before it is left to Consul's own check; once when Consul is away. */
const deregisterTriesMax = 2

export interface RegistrationOptions {
  readonly client: ConsulClient
  readonly service: ConsulService
  /** Of the instance. */
  readonly health?: InstanceHealth | undefined
  /** How often Consul is asked whether it still has the instance, in milliseconds. */
  readonly intervalMs: number
  /** From 0 to below 1. */
  readonly random: () => number
  /** Called after each attempt: with its error, or with nothing when Consul answered. */
  readonly onAnswer: (error?: unknown) => void
  /** Called when the instance has been registered, the first time and again. */
  readonly onRegistered: () => void
  readonly log: Logger
}

/**
 * Keeps an instance registered until it is disposed, whatever Consul forgets, and resolves after the first attempt.
 * Until one has worked, the instance is not ready: nobody finds it, and a rollout should not go on. From then on it is,
 * because those who found it once hold on to it.
 */
export async function keepRegistered(options: RegistrationOptions): Promise<AsyncDisposable> {
  const { client, service, health, onAnswer } = options
  const ending = new AbortController()
  const { promise: tried, resolve: onTried } = Promise.withResolvers<void>()
  let isRegistered = false
  let failureCount = 0
  const condition = () => (isRegistered ? undefined : 'not registered yet')
  // It can answer who finds it otherwise, and Consul too is to be told that it can.
  health?.require('registry', condition, 'work')

  async function ensure(): Promise<void> {
    const problem = problemOf(health)
    if (isRegistered) {
      // Whoever disposes it does not wait for this answer, which changes nothing any more.
      const isThere = await unlessAborted(ending.signal, isStillThere(client, service, problem))
      if (isThere || ending.signal.aborted) return
    }
    await client.register(service, problem === undefined)
    options.log.info({ again: isRegistered }, 'registered')
    isRegistered = true
    options.onRegistered()
  }

  /** Answers how long to wait before the next look. */
  async function step(): Promise<number> {
    try {
      await ensure()
      if (ending.signal.aborted) return 0
      onAnswer()
      failureCount = 0
      return options.intervalMs * (0.9 + options.random() / 10)
    } catch (error) {
      onAnswer(error)
      return backOff(++failureCount, options.random)
    }
  }

  async function keep(): Promise<void> {
    while (!ending.signal.aborted) {
      const waitMs = await step()
      onTried()
      await wait(waitMs, undefined, { signal: ending.signal }).catch(() => {})
    }
  }

  const ended = keep()
  await tried
  let disposed: Promise<void> | undefined
  async function dispose(): Promise<void> {
    ending.abort()
    // A registration on its way would undo what follows.
    await ended
    const error = await deregister(client, service.id, failureCount > 0 ? 1 : deregisterTriesMax)
    if (error === undefined) return
    onAnswer(error)
    options.log.warn({ err: error }, "not taken back: Consul's check has to find out")
  }
  return {
    [Symbol.asyncDispose]() {
      disposed ??= dispose()
      return disposed
    },
  }
}

/** Answers undefined, and leaves the work to itself, as soon as the signal is aborted. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const stop = () => resolve(undefined)
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What keeps the instance from answering calls. */
function problemOf(health: InstanceHealth | undefined): string | undefined {
  const [problem] = health?.problems('calls') ?? []
  return problem && `${problem.name}: ${problem.reason}`
}

async function isStillThere(
  client: ConsulClient,
  { id, check }: ConsulService,
  problem: string | undefined,
): Promise<boolean> {
  if ('ttl' in check) return await client.updateCheck(check.checkid, problem)
  return await client.isRegistered(id)
}

/** Answers the last error, if none of the tries worked. */
async function deregister(client: ConsulClient, id: string, triesMax: number): Promise<unknown> {
  let error: unknown
  for (let tries = 0; tries < triesMax; tries++) {
    try {
      await client.deregister(id)
      return undefined
    } catch (cause) {
      error = cause
    }
  }
  return error
}
