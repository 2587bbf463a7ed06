import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A COMMIT that is lost before it reaches the server, or whose response is lost. */
export type LostCommit = 'on the way' | 'with its response'

/** A proxy between a client and a Postgres that closes connections on demand. */
export interface PostgresProxy extends AsyncDisposable {
  /** URL of the server through the proxy. */
  readonly url: string
  /** Closes the connection of the next COMMIT. */
  loseNextCommit(which: LostCommit): void
  /** Closes all current connections. */
  cutAll(): void
  /** Closes new connections immediately while `all` is true. */
  refuse(all: boolean): void
  /** Returns the number of lost commits. */
  lostCount(): number
}

/** Message by which the driver commits: a query, its length, its text. */
const commitMessage = Buffer.from('Q\0\0\0\x0bCOMMIT\0')

/** @param server URL of a server without TLS. */
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
        mute = next === 'with its response'
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
