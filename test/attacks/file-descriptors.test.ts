import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { dialRaw, get } from '@marquee/testing/http1-client'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { startService } from '../system/service-process.ts'

/** Limit of the service's file descriptors, of which some are for clients. */
const openFilesMax = 256
const connectionsMax = 192
/** More connections than the service can open. */
const floodCount = 400
const waveCount = 8

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `a service on ${name} with few file descriptors`, () => {
    test('a service without free file descriptors accepts no connection, logs it once, and recovers', async () => {
      const args = ['--database-url', 'memory:']
      // The shell sets the limit, and is replaced by the service.
      const command = ['sh', '-c', `ulimit -n ${openFilesMax} && exec "$@"`, 'sh']
      const options = { service: 'metadata', runtime: name, args, command } as const
      await using service = await startService(options)
      const port = Number(new URL(service.url).port)
      using before = await dialRaw({ port })
      const sockets = await flood(port)
      await waitFor(() => count(sockets, 'closed') >= floodCount - connectionsMax, {
        what: 'the connections that are too many to be closed',
      })
      expect(count(sockets, 'open')).toBeLessThanOrEqual(connectionsMax)
      expect(count(sockets, 'open')).toBeGreaterThan(connectionsMax / 2)
      // Existing clients are served, and the metrics show the refusals.
      before.send(get('/metrics', 'host: localhost\r\n').replace('host: a\r\n', ''))
      const metrics = await before.until(/marquee_connections_refused_total \d+/)
      expect(metrics).toContain(`marquee_connections_max ${connectionsMax}`)
      const refused = /marquee_connections_refused_total (\d+)/.exec(metrics)?.[1]
      expect(Number(refused)).toBeGreaterThanOrEqual(floodCount - connectionsMax)
      const said = service.program.stdout().match(/all connections are in use/g)
      expect(said).toHaveLength(1)
      for (const { socket } of sockets) socket.destroy()
      const isBack = () =>
        fetch(`${service.url}/livez`).then(
          ({ ok }) => ok,
          () => false,
        )
      await waitFor(isBack, { what: 'room for others again' })
    })
  })
}

interface Dialled {
  readonly socket: Socket
  state: 'new' | 'open' | 'closed'
}

/** Connects in waves that fit into the backlog. The kernel would delay others for seconds. */
async function flood(port: number): Promise<Dialled[]> {
  const sockets: Dialled[] = []
  while (sockets.length < floodCount) {
    sockets.push(...Array.from({ length: waveCount }, () => dial(port)))
    await waitFor(() => count(sockets, 'new') === 0, { what: 'the wave', intervalMs: 5 })
  }
  return sockets
}

function dial(port: number): Dialled {
  const socket = connect(port, '127.0.0.1').resume()
  const dialled: Dialled = { socket, state: 'new' }
  socket.on('error', () => {})
  void once(socket, 'connect').then(
    () => {
      dialled.state = dialled.state === 'new' ? 'open' : dialled.state
    },
    () => {},
  )
  socket.on('close', () => {
    dialled.state = 'closed'
  })
  return dialled
}

function count(sockets: readonly Dialled[], state: Dialled['state']): number {
  return sockets.filter((dialled) => dialled.state === state).length
}
