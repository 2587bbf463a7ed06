import { BenchService } from '../../gen/bench/v1/bench_pb.ts'
import { type Bench, startAll } from '../bench.ts'
import { items } from '../items.ts'
import { measureCalls } from '../measure-calls.ts'
import { connectGo, connectRust, grpcGo, marqueeEverywhere, other, tonic } from '../peers.ts'
import { grpc } from '../wire.ts'

const messageCount = 1_000
const payload = new Uint8Array(1024 * 1024).map((_, index) => index)
/** Each of these calls costs as much as hundreds of small ones. */
const few = { streamCount: 4, requestCountMin: 50 }

/** A server stream of 1,000 small messages by gRPC. */
export const grpcStream = {
  name: 'grpc-stream',
  wire: grpc,
  method: BenchService.method.listItems,
  request: { count: messageCount },
  response: [...items(messageCount)],
  ...few,
}

/** A gRPC call that sends and returns a message of 1 MiB. */
export const grpcMebibyte = {
  name: 'grpc-1mib',
  wire: grpc,
  method: BenchService.method.echo,
  request: { payload },
  response: [{ payload }],
  ...few,
}

export function measureGrpcStream(bench: Bench): Promise<void> {
  return withPeers(bench, (peers) => measureCalls(bench, grpcStream, peers, 'grpc-go'))
}

export function measureGrpcMebibyte(bench: Bench): Promise<void> {
  return withPeers(bench, (peers) => measureCalls(bench, grpcMebibyte, peers, 'grpc-go'))
}

async function withPeers(
  bench: Bench,
  measure: (peers: Awaited<ReturnType<typeof startAll>>) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const candidates = [
    ...marqueeEverywhere('bench'),
    grpcGo(),
    connectGo(),
    tonic(),
    connectRust(),
    other('connect-node', 'bun'),
    other('connect-node', 'node'),
    other('grpc-js', 'node'),
  ]
  await measure(await startAll(candidates, stack, bench))
}
