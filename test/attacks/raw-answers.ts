import type { Socket } from 'node:net'
import { waitFor } from '@marquee/testing/wait-for'

/** What comes by a socket, to its end. */
export interface RawAnswers {
  readonly text: string
  readonly ended: boolean
  /** The statuses of the answers so far. */
  statuses(): number[]
  /** Resolves with them when the server has ended its side, or cut the connection. */
  end(): Promise<number[]>
}

/** Reads all that comes. */
export function readAnswers(socket: Socket): RawAnswers {
  let [text, ended] = ['', false]
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
  })
  const onEnd = () => {
    ended = true
  }
  socket.on('end', onEnd).on('close', onEnd)
  const statuses = () =>
    [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  return {
    get text() {
      return text
    },
    get ended() {
      return ended
    },
    statuses,
    async end() {
      await waitFor(() => ended, { what: 'the end' })
      return statuses()
    },
  }
}
