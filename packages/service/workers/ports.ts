import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** An address to listen on. */
export interface Address {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
}

/**
 * Returns the port of an address on which nobody listens yet. Workers can share a port also with
 * another service that shares it, so that the error of a port in use has to be found first.
 */
export async function freePort({ host, port }: Address): Promise<number> {
  const server = createServer()
  server.listen({ host, port })
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'it is in use' : message
    throw new Error(`cannot listen on ${host}:${port}: ${reason}`, { cause })
  }
  const { port: found } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return found
}
