import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A database as a URL names it. */
export type Database =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'sqlite'
      /** Absolute, or relative to the working directory. */
      readonly path: string
    }
  | {
      readonly kind: 'postgres'
      /** As it was given, password and all: not to be shown. */
      readonly url: string
    }

/**
 * Reads `memory:`, `sqlite:PATH` or `postgres://…` (also `postgresql://…`). Anything else is an Error that names what is
 * accepted; of the URL it shows no more than the scheme, because the rest may hold a password.
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

/** What may be shown of a Postgres URL: host, port and database, and neither user nor password. */
export function publicPostgresUrl(url: string): string {
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}

/** A password with a bare `/`, `?` or `#` would end the authority early, and its rest look like what may be shown. */
function checkPostgresUrl(url: string): string {
  const [, rest = ''] = url.split(/^[^/]+:\/\/[^/?#]*/)
  if (rest.includes('@')) {
    throw new Error('in the database URL, / ? # and @ of user and password must be percent-encoded')
  }
  if (URL.parse(url) === null) throw new Error('the database URL "postgres://…" is not a URL')
  return url
}

/** Creates the folder of the file when it is absent. An Error names the folder when it cannot be written. */
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
