import { expect, test } from 'bun:test'
import { failureOf } from '@marquee/testing/failure-of'
import { BenchService } from '../gen/bench/v1/bench_pb.ts'
import type { Candidate } from './bench.ts'
import { checkAnswer } from './calls.ts'
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
  answer: [...items(1_000)],
}
const echo = {
  name: 'echo',
  wire: grpc,
  method: method.echo,
  request: { payload },
  answer: [{ payload }],
}

async function start(candidate: Candidate) {
  const found = await candidate.start()
  if ('missing' in found) throw new Error(found.missing)
  return found.value
}

test.each([marquee('bench', 'bun'), other('connect-node', 'bun'), other('grpc-js', 'bun')])(
  'the peer $name answers a stream and a large message as is right',
  async (candidate) => {
    await using peer = await start(candidate)
    await checkAnswer(stream, peer)
    await checkAnswer(echo, peer)
  },
)

test('a peer that answers something else is found out', async () => {
  await using peer = await start(marquee('bench', 'bun'))
  const fewer = { ...stream, answer: [...items(999)] }
  expect((await failureOf(checkAnswer(fewer, peer))).rawMessage).toMatch(
    /^it answers .* instead of /,
  )
  const different = { ...echo, answer: [{ payload: payload.with(99, 8) }] }
  expect((await failureOf(checkAnswer(different, peer))).rawMessage).toMatch(
    /^it answers .* instead of /,
  )
})

test('a program that ends without being ready is told apart', async () => {
  const args = ['-e', 'console.log("no")']
  const readReady = (line: string) => (line === 'yes' ? line : undefined)
  const starting = startProcess({ binary: process.execPath, args, readReady, timeoutMs: 10_000 })
  expect((await failureOf(starting)).rawMessage).toEndWith('ended without being ready')
})
