import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { freePorts } from '@marquee/testing/free-ports'
import { startIssuer, testAudience } from '@marquee/testing/issuer'
import { spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import { type CacheName, startCache } from './cache.ts'

const id = 'the-matrix-1999'
const timeoutMs = 60_000

/** Ways to read a movie by GET. */
const reads = {
  REST: `/v1/movies/${id}`,
  'REST with a rating': `/v1/movies/${id}/details`,
  'a REST list': '/v1/movies?query=matrix',
  'an older route': `/movie?id=${id}`,
  'Connect GET': connectGet('metadata.v1.MetadataService/GetMetadata', { movieId: id }),
}

for (const name of ['nginx', 'varnishd'] as const satisfies readonly CacheName[]) {
  describeWith(tool(name), `through a cache of ${name}`, (binary) => {
    test(
      'what may be stored is stored, with a token too',
      async () => {
        await using folder = await temporaryFolder()
        const [port = 0, servicePort = 0] = await freePorts(2)
        let count = 0
        const server = createServer((_, response) => {
          response.writeHead(200, { 'cache-control': 'max-age=600' }).end(`${++count}`)
        })
        server.listen(servicePort, '127.0.0.1')
        await once(server, 'listening')
        await using _ = await startCache({ name, binary, folder: folder.path, servicePort, port })
        for (let times = 0; times < 3; times++) {
          const headers = { authorization: `Bearer ${times}` }
          const response = await fetch(`http://127.0.0.1:${port}/`, { headers })
          expect(await response.text()).toBe('1')
        }
        server.closeAllConnections()
        server.close()
      },
      timeoutMs,
    )

    test(
      'no response is older than the last write',
      async () => {
        await using behind = await startBehind(name, binary)
        const editor = await behind.token({ roles: ['editor'] })
        for (const director of ['', 'Lana Wachowski', 'Lilly Wachowski']) {
          if (director !== '') await behind.write(`/v1/movies/${id}`, 'PATCH', { director }, editor)
          for (const [what, path] of Object.entries(reads)) {
            for (let times = 0; times < 3; times++) {
              const response = await behind.get(path)
              const text = await response.text()
              expect([what, response.status, text.includes(director)]).toEqual([what, 200, true])
            }
          }
        }
      },
      timeoutMs,
    )

    test(
      'nobody gets what another user asked for',
      async () => {
        await using behind = await startBehind(name, binary)
        const users = ['ann', 'bob']
        const tokens = await Promise.all(users.map((sub) => behind.token({ sub })))
        for (const [index, user] of users.entries()) {
          const path = `/v1/movies/${id}/ratings/${user}`
          await behind.write(path, 'PUT', { value: index + 1 }, tokens[index])
        }
        const mine = connectGet('rating.v1.RatingService/ListRatings', {})
        for (const path of [mine, `/v1/movies/${id}/ratings/ann`]) {
          expect((await behind.get(path, { token: tokens[0] })).status).toBe(200)
          expect((await behind.get(path)).status).toBe(401)
        }
        for (let times = 0; times < 3; times++) {
          for (const [index, userId] of users.entries()) {
            const response = await behind.get(mine, { token: tokens[index] })
            expect(await response.json()).toMatchObject({ ratings: [{ userId, value: index + 1 }] })
          }
        }
        const others = await behind.get(`/v1/movies/${id}/ratings/ann`, { token: tokens[1] })
        expect(others.status).toBe(403)
      },
      timeoutMs,
    )

    test(
      'each client gets the form that it accepts',
      async () => {
        await using behind = await startBehind(name, binary)
        for (let times = 0; times < 3; times++) {
          for (const accept of ['application/json', 'application/problem+json']) {
            const response = await behind.get('/v1/movies/nobody', { accept })
            const type = response.headers.get('content-type')
            expect([response.status, type]).toEqual([404, accept])
          }
          for (const encoding of ['identity', 'gzip', 'br']) {
            const response = await behind.get('/v1/movies?page_size=100', { encoding })
            const used = response.headers.get('content-encoding') ?? 'identity'
            expect(used).toBe(encoding)
            expect(((await response.json()) as { metadata: unknown[] }).metadata).toHaveLength(100)
          }
        }
      },
      timeoutMs,
    )
  })
}

function connectGet(method: string, message: object): string {
  const query = new URLSearchParams({ encoding: 'json', message: JSON.stringify(message) })
  return `/${method}?${query}`
}

interface Accepted {
  readonly token?: string | undefined
  readonly accept?: string
  readonly encoding?: string
}

async function startBehind(name: CacheName, binary: string) {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder()).path
  const issuer = stack.use(await startIssuer())
  const [port = 0, servicePort = 0] = await freePorts(2)
  const program = await spawnProgram({
    runtime: 'bun',
    entry: 'services/dev.ts',
    args: [
      ...['--data', folder, '--port-metadata', '0', '--port-rating', '0'],
      ...['--port-movie', `${servicePort}`],
      ...['--auth-issuer', issuer.url, '--auth-audience', testAudience],
    ],
  })
  stack.use(program)
  await program.waitForLine(/^Ready after/m, 30_000)
  stack.use(await startCache({ name, binary, folder, servicePort, port }))
  const running = stack.move()
  return {
    token: issuer.token,
    get: (path: string, { token, accept = '*/*', encoding = 'identity' }: Accepted = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        headers: {
          accept,
          'accept-encoding': encoding,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
      }),
    /** Writes at the service itself, which the cache does not see. */
    async write(path: string, method: string, body: object, token: string | undefined) {
      const response = await fetch(`http://127.0.0.1:${servicePort}${path}`, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      })
      expect([path, response.status]).toEqual([path, 200])
      await response.body?.cancel()
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
