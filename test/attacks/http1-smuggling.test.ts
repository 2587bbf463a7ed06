import { expect, test } from 'bun:test'
import { readResponses } from './raw-responses.ts'
import { underAttack, waitForState } from './under-attack.ts'

const smuggled = 'GET /hold HTTP/1.1\r\nhost: smuggled\r\n\r\n'
const hex = smuggled.length.toString(16)

/** Requests that two parsers may split in different ways. */
const ambiguous: ReadonlyArray<readonly [name: string, request: string]> = [
  [
    'a length and chunks',
    `content-length: ${smuggled.length + 5}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['two lengths', `content-length: 0\r\ncontent-length: ${smuggled.length}\r\n\r\n`],
  ['two lengths in a list', `content-length: 0, ${smuggled.length}\r\n\r\n`],
  ['a length with a sign', 'content-length: +0\r\n\r\n'],
  ['a length that is none', 'content-length: 0x0\r\n\r\n'],
  ['a coding that is not chunked', 'transfer-encoding: xchunked\r\n\r\n'],
  ['chunked and another behind it', 'transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
  ['chunked twice', 'transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a space before the colon', 'transfer-encoding : chunked\r\n\r\n0\r\n\r\n'],
  ['a folded line', 'transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n'],
  ['a vertical tab', 'transfer-encoding: \u000bchunked\r\n\r\n0\r\n\r\n'],
  ['a line that ends with a bare line feed', 'x: y\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a bare carriage return', 'x: y\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a NUL', 'x: \u0000\r\n\r\n'],
  ['a chunk of a size with a sign', `transfer-encoding: chunked\r\n\r\n+${hex}\r\n`],
  ['a chunk of a size in another notation', `transfer-encoding: chunked\r\n\r\n0x${hex}\r\n`],
  ['a chunk whose line ends with a line feed alone', `transfer-encoding: chunked\r\n\r\n${hex}\n`],
  ['a chunk with a line feed in an extension', 'transfer-encoding: chunked\r\n\r\n0;\n\r\n\r\n'],
  [
    'a chunk that is longer than its size',
    'transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n',
  ],
]

test('an ambiguous request closes a kept connection, and nothing after it gets a response', async () => {
  await underAttack({}, async ({ dial, state }) => {
    const statuses = ambiguous.map(async ([name, framing]) => {
      const socket = dial()
      const responses = readResponses(socket)
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
      socket.write(`POST /length HTTP/1.1\r\nhost: a\r\n${framing}${smuggled}`)
      const [first, second = 0, ...others] = await responses.end()
      return { name, first, isRefused: second === 400 || second === 501, others }
    })
    const refused = ambiguous.map(([name]) => ({ name, first: 200, isRefused: true, others: [] }))
    expect(await Promise.all(statuses)).toEqual(refused)
    await waitForState(state, ({ handlerCount }) => handlerCount === 1)
  })
})
