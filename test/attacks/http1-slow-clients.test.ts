import { describe, expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { flood, isOpen, pause } from './flood.ts'
import { readResponses } from './raw-responses.ts'
import { underAttack } from './under-attack.ts'

const gibibyte = 1024 ** 3

const get = (target: string) => `GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`
const post = (target: string, framing: string) =>
  `POST ${target} HTTP/1.1\r\nhost: a\r\n${framing}\r\n\r\n`

async function dribble(socket: Socket, text: string, everyMs: number): Promise<void> {
  for (const letter of text) {
    if (!isOpen(socket)) return
    socket.write(letter)
    await pause(everyMs)
  }
}

describe('a connection with a slow request head is closed', () => {
  const http1 = { headTimeoutMs: 300 }

  test('on many connections at once (slowloris)', async () => {
    await underAttack({ http1 }, async ({ dial }) => {
      const attackers = Array.from({ length: 100 }, async () => {
        const socket = dial()
        const responses = readResponses(socket)
        await dribble(socket, `GET / HTTP/1.1\r\nx: ${'x'.repeat(30)}`, 10)
        return await responses.end()
      })
      for (const statuses of await Promise.all(attackers)) expect(statuses).toEqual([408])
    })
  })

  test('after a response', async () => {
    await underAttack({ http1 }, async ({ dial }) => {
      const socket = dial()
      const responses = readResponses(socket)
      socket.write(get('/'))
      await waitFor(() => responses.statuses().length === 1, { what: 'a response' })
      await dribble(socket, `GET / HTTP/1.1\r\nx: ${'x'.repeat(30)}`, 10)
      expect(await responses.end()).toEqual([200, 408])
    })
  })
})

test('a body that stops arriving times out', async () => {
  await underAttack({ http1: { bodyTimeoutMs: 300 } }, async ({ dial }) => {
    for (const framing of ['content-length: 100', 'transfer-encoding: chunked']) {
      const socket = dial()
      const responses = readResponses(socket)
      socket.write(`${post('/length', framing)}5\r\nab`)
      expect(await responses.end()).toEqual([408])
    }
  })
})

describe('idle connections are closed', () => {
  test.each([
    ['kept behind a response', get('/')],
    ['kept behind an empty line', `${get('/')}\r\n`],
  ])('%s', async (_, text) => {
    await underAttack({ http1: { idleTimeoutMs: 300 } }, async ({ dial }) => {
      const socket = dial()
      const responses = readResponses(socket)
      socket.write(text)
      expect(await responses.end()).toContain(200)
    })
  })

  test('by a client that has ended its side', async () => {
    await underAttack({ http1: { halfClosedTimeoutMs: 300 } }, async (target) => {
      const texts = ['', 'GET / HTT', get('/'), get('/hold'), post('/hold', 'content-length: 9')]
      for (const text of texts) {
        const socket = target.dial()
        const responses = readResponses(socket)
        socket.end(text)
        await responses.end()
      }
      await target.release()
    })
  })

  test('by a client that never closes its side', async () => {
    await underAttack({ http1: { closeTimeoutMs: 300 } }, async ({ dial, state }) => {
      const socket = dial()
      const responses = readResponses(socket)
      socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
      expect(await responses.end()).toEqual([200])
      // One connection is that of the innocents, one reads the state.
      const isGone = async () => (await state()).connectionCount <= 3
      await waitFor(isGone, { what: 'the end of the connection' })
    })
  })
})

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    const http1 = { stalledTimeoutMs: 400, closeTimeoutMs: 300 }

    test('a reader that does not read a large response gets little of it, and is closed', async () => {
      await underAttack({ runtime: name, http1 }, async ({ dial }) => {
        const sockets = Array.from({ length: 4 }, dial)
        for (const socket of sockets) {
          socket.pause()
          socket.write(get(`/bytes/${gibibyte}`))
        }
        const areCut = () => {
          for (const socket of sockets) if (isOpen(socket)) socket.write('\r\n')
          return !sockets.some(isOpen)
        }
        await waitFor(areCut, { what: 'the end of the connections' })
      })
    })

    test('a body that no handler reads is held back', async () => {
      await underAttack({ runtime: name, http1 }, async ({ dial, release }) => {
        const socket = dial()
        socket.write(post('/hold', `content-length: ${gibibyte}`))
        const sent = await Promise.race([flood(socket, Buffer.alloc(1024 ** 2), 400), pause(300)])
        expect(sent).toBeUndefined()
        await release()
      })
    })

    test('a body after a complete response is dropped for a while, then no longer read', async () => {
      await underAttack({ runtime: name, http1 }, async ({ dial }) => {
        const socket = dial()
        const responses = readResponses(socket)
        socket.write(post('/', `content-length: ${gibibyte}`))
        expect(await flood(socket, Buffer.alloc(1024 ** 2), 400)).toBeLessThan(200)
        expect(await responses.end()).toEqual([200])
      })
    })
  })
}
