import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toBody, writeBody } from './body.ts'
import type { PortLimits } from './port.ts'
import type { PrivateHandle, PrivateServer } from './private-server.ts'

/** HTTP/1.1 by `node:http`. */
export async function listenOnNode(
  handle: PrivateHandle,
  limits: PortLimits,
): Promise<PrivateServer> {
  const server = createServer(
    { maxHeaderSize: limits.headerBytesMax, keepAliveTimeout: 0, requestTimeout: 0 },
    (incoming, outgoing) => void answer(incoming, outgoing, handle),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: PrivateHandle,
): Promise<void> {
  const left = new AbortController()
  outgoing.once('close', () => left.abort(new DOMException('the client left', 'AbortError')))
  let request: Request
  try {
    request = toRequest(incoming, left.signal)
  } catch {
    // A host or target that makes no URL, or a method that fetch does not have.
    return void outgoing.writeHead(400, { connection: 'close' }).end()
  }
  const response = await handle(request, incoming.socket.remotePort ?? 0)
  if (outgoing.destroyed) return void response.body?.cancel().catch(() => {})
  outgoing.writeHead(response.status, toFields(response.headers))
  try {
    if (response.body !== null) await writeBody(response.body, outgoing)
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const method = incoming.method ?? 'GET'
  const headers = new Headers()
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '')
  }
  const url = new URL(incoming.url ?? '/', `http://${headers.get('host') ?? 'localhost'}`)
  const init: RequestInit & { duplex: 'half' } = { method, headers, signal, duplex: 'half' }
  if (method !== 'GET' && method !== 'HEAD') init.body = toBody(incoming)
  return new Request(url, init)
}

function toFields(headers: Headers): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.fromEntries(headers)
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) fields['set-cookie'] = cookies
  return fields
}
