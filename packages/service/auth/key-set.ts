import { setTimeout as wait } from 'node:timers/promises'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { AuthError } from './auth-error.ts'

/** Keys of an issuer (RFC 7517), which change while the service runs. */
export interface KeySet extends Disposable {
  /**
   * Returns the key of a token. A token that names an unknown key makes the set load again. Rejects
   * with an `AuthError` (`unavailable`) while no keys could be loaded.
   */
  readonly getKey: JWTVerifyGetKey
}

export interface KeySetOptions {
  /** Name of the issuer for messages. */
  readonly issuer: string
  readonly load: () => Promise<JSONWebKeySet>
  /** Called after other keys were loaded: earlier verdicts may be wrong. */
  readonly onChange: () => void
  readonly onWarning: (message: string) => void
  /** Time between two loads, in milliseconds. */
  readonly intervalMs: number
  /** Minimum time between two loads because of tokens, in milliseconds. Default: 1,000. */
  readonly cooldownMs?: number
  readonly clock?: () => number
}

/** Maximum number of calls that wait for a load because their token names an unknown key. */
const waitingMax = 100

/**
 * Creates a key set that loads its keys with the first token and then regularly. While the issuer
 * does not respond, the keys that were loaded last stay valid.
 */
export function createKeySet(options: KeySetOptions): KeySet {
  const { issuer, load, onChange, onWarning, intervalMs, cooldownMs = 1_000 } = options
  const clock = options.clock ?? (() => performance.now())
  let text = ''
  let find: ReturnType<typeof createLocalJWKSet> | undefined
  let failure: unknown
  let loadedMs = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined
  let waiting = 0

  async function reload(): Promise<void> {
    loadedMs = clock()
    try {
      const keys = await load()
      const next = JSON.stringify(keys)
      if (next === text) return
      find = createLocalJWKSet(keys)
      text = next
      failure = undefined
      onChange()
    } catch (error) {
      failure = error
      onWarning(`the keys of ${issuer} could not be loaded: ${(error as Error).message}`)
    } finally {
      loading = undefined
    }
  }

  /** Loads once for all callers, at most once per `cooldownMs`. */
  async function refresh(): Promise<void> {
    if (loading !== undefined) return loading
    const leftMs = loadedMs + cooldownMs - clock()
    if (leftMs > 0) await wait(leftMs)
    loading ??= reload()
    return loading
  }

  const timer = setInterval(() => {
    if (find !== undefined) loading ??= reload()
  }, intervalMs)
  timer.unref()

  return {
    async getKey(header, token) {
      if (find === undefined) {
        if (clock() >= loadedMs + cooldownMs) loading ??= reload()
        await loading
      }
      if (find === undefined) {
        const text = `the keys of ${issuer} are not available: call again later`
        throw new AuthError('unavailable', text, { cause: failure })
      }
      try {
        return await find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || waiting >= waitingMax) throw error
      }
      waiting++
      await refresh().finally(() => waiting--)
      return find(header, token)
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
