import { describe, expect, test } from 'bun:test'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { flood, pause } from './flood.ts'
import { readAnswers } from './raw-answers.ts'
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
  test.each(floods)('of %s (%d)', async (_, status, begin, again) => {
    await underAttack({ http1 }, async ({ dial }) => {
      const socket = dial()
      const answers = readAnswers(socket)
      socket.write(begin)
      await flood(socket, Buffer.from(again), 4_000_000)
      expect(await answers.end()).toEqual([status])
    })
  })
})

test('empty lines without end are no request and end the connection', async () => {
  await underAttack({ http1: { ...http1, headTimeoutMs: 400 } }, async ({ dial }) => {
    const socket = dial()
    const answers = readAnswers(socket)
    await flood(socket, Buffer.from('\r\n'), 20_000_000)
    expect((await answers.end()).every((status) => status >= 400)).toBe(true)
  })
})

test('a body in tiny chunks is taken, at no more than its bytes cost', async () => {
  await underAttack({ http1 }, async ({ dial }) => {
    const socket = dial()
    const answers = readAnswers(socket)
    const count = 500_000
    socket.write(chunked('/length'))
    await flood(socket, Buffer.from('1\r\na\r\n'), count)
    socket.write('0\r\n\r\n')
    await waitFor(() => answers.text.endsWith(`${count}`), { what: 'the answer' })
  })
})

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    test('tiny chunks that nobody takes are held back', async () => {
      await underAttack({ runtime: name, http1 }, async ({ dial, release }) => {
        const socket = dial()
        socket.write(chunked('/hold'))
        const flooded = flood(socket, Buffer.from('1\r\na\r\n'), 10_000_000)
        expect(await Promise.race([flooded, pause(300)])).toBeUndefined()
        await release()
      })
    })

    test('pipelined requests whose answers are not read are held back', async () => {
      const options = { runtime: name, http1: { ...http1, stalledTimeoutMs: 400 } }
      await underAttack(options, async ({ dial }) => {
        const socket = dial()
        socket.pause()
        const large = Buffer.from('GET /whole/16384 HTTP/1.1\r\nhost: a\r\n\r\n')
        const count = 1_000_000
        expect(await flood(socket, large, count)).toBeLessThan(count)
      })
    })

    test('pipelined requests behind one that takes long are held back', async () => {
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

test('pipelined requests are all answered, in turn with those of others', async () => {
  await underAttack({ http1 }, async ({ dial }) => {
    const socket = dial()
    const answers = readAnswers(socket)
    const count = 20_000
    expect(await flood(socket, get, count)).toBe(count)
    await waitFor(() => answers.statuses().length === count, { what: 'all answers' })
    expect(new Set(answers.statuses())).toEqual(new Set([200]))
  })
})
