import { type ReadonlySignal, signal } from '@preact/signals'
import { createBrowserStorage } from '../browser-storage.ts'
import type { Clients } from '../clients.ts'
import { isValue, type Value } from '../rating/own-rating.ts'
import { createStoredJson } from '../stored-json.ts'

/** State of sign-in. `none`: the server has none. */
export type SignInState =
  | { readonly status: 'none' | 'signed-out' }
  | { readonly status: 'signed-in'; readonly user: string; readonly name: string }

/** A rating that is saved after the person has signed in. */
export interface KeptRating {
  readonly movieId: string
  readonly value: Value | undefined
  /** Id of the person, if the page knew it. Nobody else gets the rating. */
  readonly user: string | undefined
}

export interface SignIn {
  readonly state: ReadonlySignal<SignInState>
  /** Resolves when the state is known. */
  readonly ready: Promise<void>
  /** Keeps a rating that was refused without a session, for `takeKept` after the next sign-in. */
  keep(movieId: string, value: Value | undefined): void
  /** Returns the kept ratings of the person who has signed in, once. */
  takeKept(): readonly KeptRating[]
  /** Resolves with false when the session could not be ended. */
  signOut(): Promise<boolean>
}

const keptKey = 'marquee.kept'
/** Timeout of reading the session, for which every rating waits, and of ending it, in milliseconds. */
const timeoutMs = 5_000

export function createSignIn(clients: Pick<Clients, 'addresses'>, window: Window): SignIn {
  const state = signal<SignInState>({ status: 'none' })
  const kept = createStoredJson(createBrowserStorage(window, 'sessionStorage'), keptKey, parseKept)
  const load = async () => {
    if (!(await clients.addresses()).hasSignIn) return
    state.value = await fetchState()
  }
  return {
    state,
    ready: load(),
    keep(movieId, value) {
      const now = state.peek()
      const user = now.status === 'signed-in' ? now.user : undefined
      const others = kept.read().filter((one) => one.movieId !== movieId)
      kept.write([...others, { movieId, value, user }])
      state.value = { status: 'signed-out' }
    },
    takeKept() {
      const now = state.peek()
      if (now.status !== 'signed-in') return []
      const all = kept.read()
      kept.write([])
      return all.filter(({ user }) => user === undefined || user === now.user)
    },
    async signOut() {
      const location = await endSession()
      if (location === undefined) return false
      window.location.assign(location)
      return true
    },
  }
}

/** Returns the address that leads through the provider and back to the open page. */
export function signInPath({ pathname, search }: Location): string {
  return `/auth/login?${new URLSearchParams({ return: pathname + search })}`
}

/** Returns the address that a signed-out person goes to, or undefined when the session remains. */
async function endSession(): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch('/auth/logout', { method: 'POST', signal })
    const { location } = (await response.json()) as { location?: string }
    return response.ok ? (location ?? '/') : undefined
  } catch {
    return undefined
  }
}

async function fetchState(): Promise<SignInState> {
  try {
    const response = await fetch('/auth/session', { signal: AbortSignal.timeout(timeoutMs) })
    const { signedIn, user, name } = await response.json()
    if (signedIn === true) return { status: 'signed-in', user: String(user), name: String(name) }
  } catch {
    // Without a response, the person can sign in again.
  }
  return { status: 'signed-out' }
}

function parseKept(json: unknown): KeptRating[] {
  const all = Array.isArray(json) ? json : []
  return all.filter(
    (one): one is KeptRating =>
      typeof one?.movieId === 'string' && (one.value === undefined || isValue(one.value)),
  )
}
