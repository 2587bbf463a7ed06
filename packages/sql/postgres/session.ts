import { Client, type ClientBase, type ClientConfig } from 'pg'
import { PostgresError } from './error.ts'

/** Run-time settings of a session, by name (https://www.postgresql.org/docs/current/runtime-config.html). */
export type SessionSettings = Readonly<Record<string, string>>

/** Parameters of a URL that are settings of the session to the server. */
const settingNames = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']

/** `-c name=value` or `--name=value`; a space in a value has a backslash before it. */
const option = /^(?:-c\s*|--)([a-z_][\w.-]*)=((?:\\.|[^\s\\])*)(?:\s+|$)/i

/**
 * Takes the settings out of the URL, its `options` among them. They are made when a session begins, because a pooler such
 * as PgBouncer refuses most of them in the message that begins a connection.
 */
export function takeSettings(url: string): {
  readonly url: string
  readonly settings: SessionSettings
} {
  const parsed = new URL(url)
  const { searchParams } = parsed
  const settings: Record<string, string> = {}
  const options = parseOptions(searchParams.get('options') ?? '')
  if (options !== undefined) {
    searchParams.delete('options')
    Object.assign(settings, options)
  }
  for (const name of settingNames) {
    const value = searchParams.get(name)
    if (value !== null) settings[name] = value
    searchParams.delete(name)
  }
  const taken = Object.keys(settings).length > 0
  return { url: taken ? parsed.href : url, settings }
}

/** Undefined when there is something else than settings, which only the server understands. */
function parseOptions(text: string): Record<string, string> | undefined {
  const settings: Record<string, string> = {}
  let rest = text.trim()
  while (rest !== '') {
    const found = option.exec(rest)
    if (found === null) return undefined
    const [whole, name = '', value = ''] = found
    settings[name.replaceAll('-', '_')] = value.replace(/\\(.)/g, '$1')
    rest = rest.slice(whole.length)
  }
  return settings
}

/** Makes the settings for the rest of the session. */
export async function beginSession(client: ClientBase, settings: SessionSettings): Promise<void> {
  const entries = Object.entries(settings)
  if (entries.length === 0) return
  const calls = entries.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, false)`)
  await client.query({ text: `SELECT ${calls.join(', ')}`, values: entries.flat() })
}

/** How often a pooler is tried: whoever else uses it may have taken the session that a setting was left in. */
const trialCount = 3

/**
 * Whether sessions are not kept apart, as behind a pooler in transaction mode: then one client sees a setting that another
 * one has made. Rejects with a `PostgresError`.
 */
export async function sharesSessions(config: ClientConfig): Promise<boolean> {
  const one = new Client(config)
  const other = new Client(config)
  // Whoever uses them is notified by their promises; an error without a listener would end the process.
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
