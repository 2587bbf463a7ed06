import type { Bench } from '../bench.ts'
import { grpcGo, marquee, marqueeWorkers } from '../peers.ts'
import { grpc } from '../wire.ts'
import { measureGetMetadata } from './get-metadata.ts'

/**
 * Measures `GetMetadata` by gRPC of one process, of a worker per core, and of grpc-go, which uses
 * every core. The kernel spreads connections, so there are many, each with few calls.
 */
export function measureWorkers(bench: Bench): Promise<void> {
  return measureGetMetadata(bench, {
    name: 'workers',
    wire: grpc,
    rival: 'grpc-go',
    load: { connectionCount: 64, streamCount: 4 },
    own: (...args) => [marquee('metadata', 'bun', ...args), marqueeWorkers('metadata', ...args)],
    others: ({ json }) => [grpcGo(json)],
  })
}
