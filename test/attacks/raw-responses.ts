import type { Socket } from 'node:net'
import { waitFor } from '@marquee/testing/wait-for'

/** Responses on a socket. */
export interface RawResponses {
  readonly text: string
  readonly ended: boolean
  /** Returns the statuses of the responses so far. */
  statuses(): number[]
  /** Resolves with the statuses when the server has ended its side or closed the connection. */
  end(): Promise<number[]>
}

/** Reads all responses of a socket. */
export function readResponses(socket: Socket): RawResponses {
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
