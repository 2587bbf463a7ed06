import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A database that a URL names. */
export type Database =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'sqlite'
      /** Absolute, or relative to the working directory. */
      readonly path: string
    }
  | {
      readonly kind: 'postgres'
      /** Unchanged URL. It may contain a password, so it must not be shown. */
      readonly url: string
    }

/**
 * Parses `memory:`, `sqlite:PATH` or `postgres://…` (also `postgresql://…`). Throws an `Error` that
 * lists these for anything else. Of the URL it shows no more than the scheme, because the rest may
 * contain a password.
 */
export function parseDatabaseUrl(url: string): Database {
  if (url === 'memory:') return { kind: 'memory' }
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : ''
  if (path !== '' && !path.startsWith('//')) return { kind: 'sqlite', path }
  if (/^postgres(ql)?:\/\//.test(url)) return { kind: 'postgres', url: checkPostgresUrl(url) }
  const scheme = /^[a-z][a-z0-9+.-]*:(\/\/)?/i.exec(url)?.[0] ?? ''
  const given = scheme === '' ? '' : `, not "${scheme}…"`
  throw new Error(
    `the database must be "memory:", "sqlite:" and the path of a file, or "postgres://…"${given}`,
  )
}

/**
 * Returns the public part of a Postgres URL: host, port and database, without user and password.
 */
export function publicPostgresUrl(url: string): string {
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}

/**
 * Throws when a password contains `/`, `?` or `#`. Such a character ends the authority early, and
 * the rest of the password would look public.
 */
function checkPostgresUrl(url: string): string {
  const [, rest = ''] = url.split(/^[^/]+:\/\/[^/?#]*/)
  if (rest.includes('@')) {
    throw new Error('in the database URL, / ? # and @ of user and password must be percent-encoded')
  }
  if (URL.parse(url) === null) {
    throw new Error('the database URL "postgres://…" is not a URL: check its host and port')
  }
  return url
}

/**
 * Creates the folder of the file when it is absent. Rejects with an `Error` that names the folder
 * when it is not writable.
 */
export async function prepareFolder(path: string): Promise<void> {
  const folder = dirname(path)
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (cause) {
    const reason = (cause as Error).message
    throw new Error(`cannot write to the folder ${folder}: ${reason}`, { cause })
  }
}
