import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  equals,
  type MessageInitShape,
  type MessageShape,
  toJsonString,
} from '@bufbuild/protobuf'
import type { Bench, Peer } from './bench.ts'
import { processorTimeMs } from './cpu.ts'
import type { Load } from './load.ts'
import type { Wire } from './wire.ts'

/** A call, and the answer that every peer has to give. */
export interface Call<I extends DescMessage, O extends DescMessage> {
  /** The case's name. */
  readonly name: string
  readonly wire: Wire
  readonly method: DescMethodUnary<I, O>
  readonly request: MessageInitShape<I>
  readonly answer: MessageShape<O>
  /** Calls under way on each connection: 32 unless told. */
  readonly streamCount?: number
}

const streamCountDefault = 32

/** Tells how quick a peer is about, and so how many requests make a run of some length. */
const firstCount = 2_000
/** Before the first round: a JavaScript engine takes ten thousands of calls to compile all. */
const warmUpSeconds = 6
const runSeconds = 2
const requestCountMin = 2_000
const requestCountMax = 200_000

/**
 * Measures the peers' processor time for each call. In every round all have a turn, so that what
 * the machine does beside it falls on all alike.
 */
export async function measureCalls<I extends DescMessage, O extends DescMessage>(
  bench: Bench,
  call: Call<I, O>,
  peers: readonly Peer[],
): Promise<void> {
  const requestCounts = new Map<Peer, number>()
  const bodyFile = join(bench.folder, `${call.name}.request`)
  await writeFile(bodyFile, call.wire.encode(call.method.input, toRequest(call)))
  for (const peer of peers) {
    bench.note(`${call.name}: ${peer.name} warms up`)
    await checkAnswer(call, peer)
    const load = toLoad(call, peer, bodyFile)
    const coldPerSecond = await bench.load(load, firstCount)
    const warmPerSecond = await bench.load(load, toCount(coldPerSecond, warmUpSeconds))
    requestCounts.set(peer, toCount(warmPerSecond, runSeconds))
  }
  for (let round = 1; round <= bench.rounds; round++) {
    bench.note(`${call.name}: round ${round} of ${bench.rounds}`)
    for (const [peer, count] of requestCounts) {
      const startMs = processorTimeMs(peer.pid)
      const callsPerSecond = await bench.load(toLoad(call, peer, bodyFile), count)
      const usedUs = (processorTimeMs(peer.pid) - startMs) * 1000
      const of = { case: call.name, peer: peer.name }
      bench.report({ ...of, metric: 'cpu_us_per_call', unit: 'µs', value: usedUs / count })
      bench.report({ ...of, metric: 'calls_per_s', unit: '1/s', value: callsPerSecond })
    }
  }
}

/** Asks by a client that knows the protocol, and throws unless the answer is the right one. */
async function checkAnswer<I extends DescMessage, O extends DescMessage>(
  call: Call<I, O>,
  peer: Peer,
): Promise<void> {
  const answer = await ask(call, peer)
  if (equals(call.method.output, answer, call.answer)) return
  const [given, right] = [answer, call.answer].map((one) => toJsonString(call.method.output, one))
  throw new Error(`${call.name}: ${peer.name} answers ${given} instead of ${right}`)
}

/** Makes the call once. */
export async function ask<I extends DescMessage, O extends DescMessage>(
  { wire, method, request }: Pick<Call<I, O>, 'wire' | 'method' | 'request'>,
  peer: Peer | undefined,
): Promise<MessageShape<O>> {
  const transport = wire.connect(originOf(wire, peer))
  const timeoutMs = 10_000
  const response = await transport.unary(method, undefined, timeoutMs, undefined, request)
  return response.message
}

/** How a peer is loaded with the call. */
function toLoad<I extends DescMessage, O extends DescMessage>(
  call: Call<I, O>,
  peer: Peer,
  bodyFile: string,
): Load {
  const { wire, method, streamCount = streamCountDefault } = call
  return {
    url: `${originOf(wire, peer)}/${method.parent.typeName}/${method.name}`,
    httpVersion: wire.httpVersion,
    streamCount,
    headers: wire.headers,
    bodyFile,
    answerBytesMin: wire.encode(method.output, call.answer).length,
  }
}

function toRequest<I extends DescMessage, O extends DescMessage>(call: Call<I, O>) {
  return create(call.method.input, call.request)
}

function originOf({ httpVersion }: Wire, peer: Peer | undefined): string {
  const origin = peer?.origins[httpVersion]
  if (origin === undefined) throw new Error(`${peer?.name} does not speak HTTP/${httpVersion}`)
  return origin
}

function toCount(callsPerSecond: number, seconds: number): number {
  const count = Math.round(callsPerSecond * seconds)
  return Math.min(Math.max(count, requestCountMin), requestCountMax)
}
