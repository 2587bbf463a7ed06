import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { InstanceHealth } from '../port.ts'
import { backOff } from './back-off.ts'
import type { ConsulClient } from './client.ts'
import type { ConsulService } from './service.ts'

/**
 * Attempts to deregister an instance before Consul's own check has to find out. Only one when
 * Consul is unavailable.
 */
const deregisterAttemptsMax = 2

export interface RegistrationOptions {
  readonly client: ConsulClient
  readonly service: ConsulService
  /** Health of the instance. */
  readonly health?: InstanceHealth | undefined
  /** Interval of checks that Consul still has the instance, in milliseconds. */
  readonly intervalMs: number
  /** Called after each attempt: with its error, or with nothing when it succeeded. */
  readonly onResult: (error?: unknown) => void
  /** Called each time the instance has been registered, initially or again. */
  readonly onRegistered: () => void
  readonly log: Logger
}

/**
 * Keeps an instance registered until it is disposed, even when Consul loses its state. Resolves
 * after the first attempt. The instance is not ready until it has been registered once, because
 * nobody finds it and a rollout must not continue. Afterwards an outage of Consul does not affect
 * its readiness, because callers keep the instances they know.
 */
export async function keepRegistered(options: RegistrationOptions): Promise<AsyncDisposable> {
  const { client, service, health, onResult } = options
  const ending = new AbortController()
  const { promise: tried, resolve: onTried } = Promise.withResolvers<void>()
  let isRegistered = false
  let failureCount = 0
  const condition = () => (isRegistered ? undefined : 'not registered yet')
  // A condition of `work`, not of `calls`: the instance can handle calls, and reports so to Consul.
  health?.require('registry', condition, 'work')

  async function ensure(): Promise<void> {
    const problem = problemOf(health)
    if (isRegistered) {
      // Disposal does not wait for this response, which no longer matters.
      const isKnown = await unlessAborted(
        ending.signal,
        isStillRegistered(client, service, problem),
      )
      if (isKnown || ending.signal.aborted) return
    }
    await client.register(service, problem === undefined)
    options.log.info({ again: isRegistered }, 'registered')
    isRegistered = true
    options.onRegistered()
  }

  /** Returns the wait before the next step, in milliseconds. */
  async function step(): Promise<number> {
    try {
      await ensure()
      if (ending.signal.aborted) return 0
      onResult()
      failureCount = 0
      return options.intervalMs * (0.9 + Math.random() / 10)
    } catch (error) {
      onResult(error)
      return backOff(++failureCount)
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
    // A registration in flight would undo the deregistration.
    await ended
    const error = await deregister(client, service.id, failureCount > 0 ? 1 : deregisterAttemptsMax)
    if (error === undefined) return
    onResult(error)
    options.log.warn(
      { err: error },
      "could not deregister: Consul's health check has to remove the instance",
    )
  }
  return {
    [Symbol.asyncDispose]() {
      disposed ??= dispose()
      return disposed
    },
  }
}

/**
 * Resolves with `undefined` as soon as the signal is aborted, and ignores the promise from then on.
 */
async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const stop = () => resolve(undefined)
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Returns the reason why the instance cannot handle calls, if any. */
function problemOf(health: InstanceHealth | undefined): string | undefined {
  const [problem] = health?.problems('calls') ?? []
  return problem && `${problem.name}: ${problem.reason}`
}

async function isStillRegistered(
  client: ConsulClient,
  { id, check }: ConsulService,
  problem: string | undefined,
): Promise<boolean> {
  if ('ttl' in check) return await client.updateCheck(check.checkid, problem)
  return await client.isRegistered(id)
}

/** Returns the last error, or `undefined` when an attempt succeeded. */
async function deregister(client: ConsulClient, id: string, attemptsMax: number): Promise<unknown> {
  let error: unknown
  for (let attempts = 0; attempts < attemptsMax; attempts++) {
    try {
      await client.deregister(id)
      return undefined
    } catch (cause) {
      error = cause
    }
  }
  return error
}
