import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A COMMIT that is lost on the way to the server, or one whose answer is lost on the way back. */
export type LostCommit = 'on the way' | 'with its answer'

/** Stands between a client and a Postgres, and cuts connections on demand. */
export interface PostgresProxy extends AsyncDisposable {
  /** The server's URL, through the proxy. */
  readonly url: string
  /** Cuts the connection that commits next. */
  loseNextCommit(which: LostCommit): void
  /** Cuts the connections there are. */
  cutAll(): void
  /** Whether new connections are cut at once. */
  refuse(all: boolean): void
  /** How many commits were lost. */
  lostCount(): number
}

/** The whole message by which the driver commits: a query, its length, its text. */
const commitMessage = Buffer.from('Q\0\0\0\x0bCOMMIT\0')

/** @param server the URL of a server without TLS. */
export async function startPostgresProxy(server: string): Promise<PostgresProxy> {
  const target = new URL(server)
  const sockets = new Set<Socket>()
  let next: LostCommit | undefined
  let lost = 0
  let refusing = false

  const listener = createServer((client) => {
    if (refusing) {
      client.destroy()
      return
    }
    const backend = connect(Number(target.port), target.hostname)
    const cut = () => {
      client.destroy()
      backend.destroy()
    }
    let mute = false
    for (const socket of [client, backend]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (bytes: Buffer) => {
      if (next !== undefined && bytes.equals(commitMessage)) {
        mute = next === 'with its answer'
        next = undefined
        lost++
        if (!mute) return cut()
      }
      backend.write(bytes)
    })
    backend.on('data', (bytes) => {
      if (mute) cut()
      else client.write(bytes)
    })
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const url = new URL(server)
  url.port = String((listener.address() as AddressInfo).port)
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    loseNextCommit(which) {
      next = which
    },
    cutAll,
    refuse(all) {
      refusing = all
    },
    lostCount: () => lost,
    async [Symbol.asyncDispose]() {
      cutAll()
      await once(listener.close(), 'close')
    },
  }
}
