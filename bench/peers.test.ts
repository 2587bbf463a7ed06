import { expect, test } from 'bun:test'
import { failureOf } from '@marquee/testing/failure-of'
import { BenchService } from '../gen/bench/v1/bench_pb.ts'
import type { Candidate } from './bench.ts'
import { checkResponse } from './calls.ts'
import { items } from './items.ts'
import { marquee, other } from './peers.ts'
import { startProcess } from './process.ts'
import { grpc } from './wire.ts'

const { method } = BenchService
const payload = new Uint8Array(100_000).fill(7)
const stream = {
  name: 'stream',
  wire: grpc,
  method: method.listItems,
  request: { count: 1_000 },
  response: [...items(1_000)],
}
const echo = {
  name: 'echo',
  wire: grpc,
  method: method.echo,
  request: { payload },
  response: [{ payload }],
}

async function start(candidate: Candidate) {
  const found = await candidate.start()
  if ('missing' in found) throw new Error(found.missing)
  return found.value
}

test.each([marquee('bench', 'bun'), other('connect-node', 'bun'), other('grpc-js', 'bun')])(
  'the peer $name returns the expected stream and large message',
  async (candidate) => {
    await using peer = await start(candidate)
    await checkResponse(stream, peer)
    await checkResponse(echo, peer)
  },
)

test('a peer with a wrong response is refused', async () => {
  await using peer = await start(marquee('bench', 'bun'))
  const fewer = { ...stream, response: [...items(999)] }
  expect((await failureOf(checkResponse(fewer, peer))).rawMessage).toMatch(
    /^wrong response: got .* instead of /,
  )
  const different = { ...echo, response: [{ payload: payload.with(99, 8) }] }
  expect((await failureOf(checkResponse(different, peer))).rawMessage).toMatch(
    /^wrong response: got .* instead of /,
  )
})

test('a program that ends before it is ready fails to start with its output', async () => {
  const args = ['-e', 'console.log("no")']
  const readReady = (line: string) => (line === 'yes' ? line : undefined)
  const starting = startProcess({ binary: process.execPath, args, readReady, timeoutMs: 10_000 })
  expect((await failureOf(starting)).rawMessage).toEndWith('ended before it was ready')
})
