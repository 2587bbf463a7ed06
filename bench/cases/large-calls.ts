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

/** Measures a server stream of 1,000 small messages by gRPC. */
export function measureGrpcStream(bench: Bench): Promise<void> {
  return withPeers(bench, (peers) => {
    const method = BenchService.method.listItems
    const request = { count: messageCount }
    const response = [...items(messageCount)]
    const call = { name: 'grpc-stream', wire: grpc, method, request, response, ...few }
    return measureCalls(bench, call, peers, 'grpc-go')
  })
}

/** Measures a gRPC call that sends and returns a message of 1 MiB. */
export function measureGrpcMebibyte(bench: Bench): Promise<void> {
  return withPeers(bench, (peers) => {
    const method = BenchService.method.echo
    const [request, response] = [{ payload }, [{ payload }]]
    const call = { name: 'grpc-1mib', wire: grpc, method, request, response, ...few }
    return measureCalls(bench, call, peers, 'grpc-go')
  })
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
