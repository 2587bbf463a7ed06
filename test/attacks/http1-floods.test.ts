import { describe, expect, test } from 'bun:test'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { flood, pause } from './flood.ts'
import { readResponses } from './raw-responses.ts'
import { underAttack } from './under-attack.ts'

const http1 = { closeTimeoutMs: 100 }
const get = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
const chunked = (target: string) =>
  `POST ${target} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`

type Flood = readonly [name: string, status: number, begin: string, again: string]

const floods: readonly Flood[] = [
  ['a request line without end', 431, 'GET /', 'a'],
  ['a field without end', 431, 'GET / HTTP/1.1\r\nhost: a\r\nx: ', 'a'],
  ['fields without end', 431, 'GET / HTTP/1.1\r\nhost: a\r\n', 'x: y\r\n'],
  ['fields that are folded without end', 431, 'GET / HTTP/1.1\r\nhost: a\r\nx: y', '\r\n y'],
  ["a chunk's size without end", 400, chunked('/length'), '0'],
  ["a chunk's extension without end", 400, `${chunked('/length')}1;`, 'x'],
  [
    'extensions of tiny chunks (CVE-2023-39326)',
    400,
    chunked('/length'),
    `1;${'x'.repeat(100)}\r\na\r\n`,
  ],
  ['trailers without end', 431, `${chunked('/length')}0\r\n`, 'x: y\r\n'],
]

describe('a flood ends its connection', () => {
  test.each(floods)(
    'a connection with a flood of %s (%d) is closed',
    async (_, status, begin, again) => {
      await underAttack({ http1 }, async ({ dial }) => {
        const socket = dial()
        const responses = readResponses(socket)
        socket.write(begin)
        await flood(socket, Buffer.from(again), 4_000_000)
        expect(await responses.end()).toEqual([status])
      })
    },
  )
})

test('a connection with endless empty lines instead of a request is closed', async () => {
  await underAttack({ http1: { ...http1, headTimeoutMs: 400 } }, async ({ dial }) => {
    const socket = dial()
    const responses = readResponses(socket)
    await flood(socket, Buffer.from('\r\n'), 20_000_000)
    expect((await responses.end()).every((status) => status >= 400)).toBe(true)
  })
})

test('a body in tiny chunks is accepted, at no more than the cost of its bytes', async () => {
  await underAttack({ http1 }, async ({ dial }) => {
    const socket = dial()
    const responses = readResponses(socket)
    const count = 500_000
    socket.write(chunked('/length'))
    await flood(socket, Buffer.from('1\r\na\r\n'), count)
    socket.write('0\r\n\r\n')
    await waitFor(() => responses.text.endsWith(`${count}`), { what: 'the response' })
  })
})

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    test('tiny chunks that no handler reads are held back', async () => {
      await underAttack({ runtime: name, http1 }, async ({ dial, release }) => {
        const socket = dial()
        socket.write(chunked('/hold'))
        const flooded = flood(socket, Buffer.from('1\r\na\r\n'), 10_000_000)
        expect(await Promise.race([flooded, pause(300)])).toBeUndefined()
        await release()
      })
    })

    test('pipelined requests are held back while their responses are not read', async () => {
      const options = { runtime: name, http1: { ...http1, stalledTimeoutMs: 400 } }
      await underAttack(options, async ({ dial }) => {
        const socket = dial()
        socket.pause()
        const large = Buffer.from('GET /whole/16384 HTTP/1.1\r\nhost: a\r\n\r\n')
        const count = 1_000_000
        expect(await flood(socket, large, count)).toBeLessThan(count)
      })
    })

    test('pipelined requests are held back behind a slow one', async () => {
      await underAttack({ runtime: name, http1 }, async ({ dial, release }) => {
        const socket = dial()
        socket.write('GET /hold HTTP/1.1\r\nhost: a\r\n\r\n')
        const flooded = flood(socket, get, 2_000_000)
        expect(await Promise.race([flooded, pause(300)])).toBeUndefined()
        socket.destroy()
        await release()
      })
    })
  })
}

test('all pipelined requests get responses, in turn with requests of others', async () => {
  await underAttack({ http1 }, async ({ dial }) => {
    const socket = dial()
    const responses = readResponses(socket)
    const count = 20_000
    expect(await flood(socket, get, count)).toBe(count)
    await waitFor(() => responses.statuses().length === count, { what: 'all responses' })
    expect(new Set(responses.statuses())).toEqual(new Set([200]))
  })
})
