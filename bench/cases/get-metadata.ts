import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type MessageShape, toJsonString } from '@bufbuild/protobuf'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { type Bench, type Candidate, startAll } from '../bench.ts'
import { callOnce } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { measureCalls } from '../measure-calls.ts'
import { connectGo, grpcGo, marqueeEverywhere, other } from '../peers.ts'
import { connectJson, grpc, type Wire } from '../wire.ts'

const method = MetadataService.method.getMetadata

/** A case with its peers. */
interface Contest {
  readonly name: string
  readonly wire: Wire
  readonly rival: string
  readonly others: (responseFile: string) => readonly Candidate[]
}

/** Measures `GetMetadata` by gRPC: Marquee's whole service, and peers that serve it from a map. */
export function measureGrpcUnary(bench: Bench): Promise<void> {
  return measure(bench, {
    name: 'grpc-unary',
    wire: grpc,
    rival: 'grpc-go',
    others: (responseFile) => [
      grpcGo(responseFile),
      connectGo(responseFile),
      other('connect-node', 'bun', responseFile),
      other('connect-node', 'node', responseFile),
      other('grpc-js', 'node', responseFile),
    ],
  })
}

/** Measures the same call as Connect JSON over HTTP/1.1, compared with a plain route of Hono. */
export function measureJsonOverHttp1(bench: Bench): Promise<void> {
  return measure(bench, { name: 'connect-json-h1', wire: connectJson('1.1'), ...jsonPeers })
}

/** Measures the same call as Connect JSON over HTTP/2. */
export function measureJsonOverHttp2(bench: Bench): Promise<void> {
  return measure(bench, { name: 'connect-json-h2', wire: connectJson('2'), ...jsonPeers })
}

const jsonPeers: Pick<Contest, 'rival' | 'others'> = {
  rival: 'hono-bun',
  others: (responseFile) => [
    other('hono-bun', 'bun', responseFile),
    connectGo(responseFile),
    other('connect-node', 'bun', responseFile),
    other('connect-node', 'node', responseFile),
  ],
}

async function measure(bench: Bench, { name, wire, rival, others }: Contest): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const catalogue = ['--database-url', await loadCatalogue(bench.folder)]
  const peers = await startAll(marqueeEverywhere('metadata', ...catalogue), stack, bench)
  const call = { name, wire, method, request: { movieId } }
  const [own] = peers
  if (own === undefined) throw new Error('the metadata service does not start')
  const response = await callOnce(call, own)
  const responseFile = await writeResponse(bench.folder, response)
  peers.push(...(await startAll(others(responseFile), stack, bench)))
  await measureCalls(bench, { ...call, response }, peers, rival)
}

async function writeResponse(
  folder: string,
  [response]: readonly MessageShape<typeof method.output>[],
): Promise<string> {
  if (response === undefined) throw new Error('the metadata service returned no response')
  const path = join(folder, 'response.json')
  await writeFile(path, toJsonString(method.output, response))
  return path
}
