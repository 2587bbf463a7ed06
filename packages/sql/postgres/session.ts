import { Client, type ClientBase, type ClientConfig } from 'pg'
import { PostgresError } from './error.ts'

/**
 * Configuration parameters of a session, by name
 * (https://www.postgresql.org/docs/current/runtime-config.html).
 */
export type SessionParameters = Readonly<Record<string, string>>

/** Query parameters of a URL that are configuration parameters of the session. */
const parameterNames = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']

/** Matches `-c name=value` or `--name=value`. A space in a value is escaped with a backslash. */
const option = /^(?:-c\s*|--)([a-z_][\w.-]*)=((?:\\.|[^\s\\])*)(?:\s+|$)/i

/**
 * Extracts the configuration parameters from the URL, including its `options`. They are set when a
 * session begins, because a pooler such as PgBouncer rejects most of them in the startup message.
 */
export function extractParameters(url: string): {
  readonly url: string
  readonly parameters: SessionParameters
} {
  const parsed = new URL(url)
  const { searchParams } = parsed
  const parameters: Record<string, string> = {}
  const options = parseOptions(searchParams.get('options') ?? '')
  if (options !== undefined) {
    searchParams.delete('options')
    Object.assign(parameters, options)
  }
  for (const name of parameterNames) {
    const value = searchParams.get(name)
    if (value !== null) parameters[name] = value
    searchParams.delete(name)
  }
  const hasParameters = Object.keys(parameters).length > 0
  return { url: hasParameters ? parsed.href : url, parameters }
}

/** Returns `undefined` when there is anything but parameters, which only the server understands. */
function parseOptions(text: string): Record<string, string> | undefined {
  const parameters: Record<string, string> = {}
  let rest = text.trim()
  while (rest !== '') {
    const found = option.exec(rest)
    if (found === null) return undefined
    const [whole, name = '', value = ''] = found
    parameters[name.replaceAll('-', '_')] = value.replace(/\\(.)/g, '$1')
    rest = rest.slice(whole.length)
  }
  return parameters
}

/** Sets the parameters for the rest of the session. */
export async function beginSession(
  client: ClientBase,
  parameters: SessionParameters,
): Promise<void> {
  const entries = Object.entries(parameters)
  if (entries.length === 0) return
  const calls = entries.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, false)`)
  await client.query({ text: `SELECT ${calls.join(', ')}`, values: entries.flat() })
}

/**
 * Attempts to detect a pooler. Another client may have taken the session in which a parameter was
 * set.
 */
const trialCount = 3

/**
 * Returns whether sessions are shared, as behind a pooler in transaction mode: one client then sees
 * a parameter that another one has set. Rejects with a `PostgresError`.
 */
export async function sharesSessions(config: ClientConfig): Promise<boolean> {
  const one = new Client(config)
  const other = new Client(config)
  // Errors reach the caller by promises. An error event without a listener would end the process.
  for (const client of [one, other]) client.on('error', () => undefined)
  try {
    await one.connect()
    await other.connect()
    for (let trial = 0; trial < trialCount; trial++) {
      await one.query("SELECT set_config('marquee.session', 'one', false)")
      const { rows } = await other.query("SELECT current_setting('marquee.session', true) AS seen")
      await one.query("SELECT set_config('marquee.session', '', false)")
      if (rows[0]?.seen === 'one') return true
    }
    return false
  } catch (cause) {
    throw new PostgresError(cause)
  } finally {
    await Promise.allSettled([one.end(), other.end()])
  }
}
