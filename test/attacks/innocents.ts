import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { waitFor } from '@marquee/testing/wait-for'
import { readState } from './one-shot.ts'

/**
 * Clients that call the server during an attack: one on a persistent HTTP/2 connection, one with a
 * new connection for each call.
 */
export interface Innocents {
  /** Number of successful rounds of a call each. */
  readonly rounds: number
  /** Errors of the clients. */
  readonly failures: readonly string[]
  /** Peak memory that the server has reported. */
  readonly rssBytesMax: number
  /** Resolves when this many more rounds are done, or one has failed. */
  more(rounds: number): Promise<void>
  stop(): Promise<void>
}

/** Pause between two rounds. */
const pauseMs = 5
/** Timeout after which a call counts as not served. */
const callTimeoutMs = 10_000

export function startInnocents(port: number): Innocents {
  const failures: string[] = []
  let [rounds, rssBytesMax, stopped] = [0, 0, false]
  let session: ClientHttp2Session | undefined

  function open(): ClientHttp2Session {
    const opened = connect(`http://127.0.0.1:${port}`)
    opened.on('error', (error) => failures.push(`the connection: ${error.message}`))
    opened.on('goaway', (code) => {
      // The server asks for a new connection.
      if (code === constants.NGHTTP2_NO_ERROR) session = undefined
      else failures.push(`the connection: GOAWAY ${code}`)
    })
    return opened
  }

  async function goOn(): Promise<void> {
    while (!stopped && failures.length === 0) {
      session ??= open()
      const response = await callKept(session)
      if (response !== 'served') throw new Error(`got "${response}"`)
      const { rssBytes } = await readState(port)
      rssBytesMax = Math.max(rssBytesMax, rssBytes)
      rounds++
      await delay(pauseMs)
    }
  }
  const gone = goOn().catch((error: Error) => void failures.push(error.message))
  return {
    failures,
    get rounds() {
      return rounds
    },
    get rssBytesMax() {
      return rssBytesMax
    },
    async more(count) {
      const enough = rounds + count
      const what = `${count} rounds`
      await waitFor(() => rounds >= enough || failures.length > 0, { what, timeoutMs: 30_000 })
    },
    async stop() {
      stopped = true
      await gone
      session?.destroy()
    },
  }
}

async function callKept(session: ClientHttp2Session): Promise<string> {
  const stream = session.request({ ':path': '/' })
  const late = new Error('a call got no response')
  const timer = setTimeout(() => stream.destroy(late), callTimeoutMs)
  try {
    const [headers] = await once(stream, 'response')
    const body = await text(stream)
    return headers[':status'] === 200 ? body : `${headers[':status']}`
  } finally {
    clearTimeout(timer)
  }
}
