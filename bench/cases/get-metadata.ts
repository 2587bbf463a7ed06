import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type MessageShape, toBinary, toJsonString } from '@bufbuild/protobuf'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { type Bench, type Candidate, startAll } from '../bench.ts'
import { callOnce } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { measureCalls } from '../measure-calls.ts'
import { connectGo, connectRust, grpcGo, marqueeEverywhere, other, tonic } from '../peers.ts'
import { connectJson, grpc, type Wire } from '../wire.ts'

const method = MetadataService.method.getMetadata

/** A case with its peers. */
export interface Contest {
  readonly name: string
  readonly wire: Wire
  readonly rival: string
  readonly others: (response: ResponseFiles) => readonly Candidate[]
  /** Returns the services of Marquee to measure, the compared one first. Default: on each runtime. */
  readonly own?: (...args: readonly string[]) => readonly Candidate[]
  /** Calls in flight. Default: 8 connections with 32 streams. */
  readonly load?: { readonly connectionCount: number; readonly streamCount: number }
}

/** Files with the expected response of GetMetadata, from which peers respond. */
interface ResponseFiles {
  readonly json: string
  readonly binary: string
}

/** Measures `GetMetadata` by gRPC: Marquee's whole service, and peers that serve it from a map. */
export function measureGrpcUnary(bench: Bench): Promise<void> {
  return measureGetMetadata(bench, {
    name: 'grpc-unary',
    wire: grpc,
    rival: 'grpc-go',
    others: ({ json, binary }) => [
      grpcGo(json),
      connectGo(json),
      tonic(binary),
      connectRust(binary),
      other('connect-node', 'bun', json),
      other('connect-node', 'node', json),
      other('grpc-js', 'node', json),
    ],
  })
}

/** Measures the same call as Connect JSON over HTTP/1.1, compared with a plain route of Hono. */
export function measureJsonOverHttp1(bench: Bench): Promise<void> {
  return measureGetMetadata(bench, {
    name: 'connect-json-h1',
    wire: connectJson('1.1'),
    ...jsonPeers,
  })
}

/** Measures the same call as Connect JSON over HTTP/2. */
export function measureJsonOverHttp2(bench: Bench): Promise<void> {
  return measureGetMetadata(bench, {
    name: 'connect-json-h2',
    wire: connectJson('2'),
    ...jsonPeers,
  })
}

const jsonPeers: Pick<Contest, 'rival' | 'others'> = {
  rival: 'hono-bun',
  others: ({ json, binary }) => [
    other('hono-bun', 'bun', json),
    connectGo(json),
    connectRust(binary),
    other('connect-node', 'bun', json),
    other('connect-node', 'node', json),
  ],
}

/** Measures `GetMetadata`: services of Marquee, and peers that return the same response. */
export async function measureGetMetadata(bench: Bench, contest: Contest): Promise<void> {
  const { name, wire, rival, others, load, own: ownPeers = marqueeOnEach } = contest
  await using stack = new AsyncDisposableStack()
  const catalogue = ['--database-url', await loadCatalogue(bench.folder)]
  const peers = await startAll(ownPeers(...catalogue), stack, bench)
  const call = { name, wire, method, request: { movieId }, ...load }
  const [own] = peers
  if (own === undefined) throw new Error('the metadata service does not start')
  const response = await callOnce(call, own)
  const files = await writeResponse(bench.folder, response)
  peers.push(...(await startAll(others(files), stack, bench)))
  await measureCalls(bench, { ...call, response }, peers, rival)
}

const marqueeOnEach = (...args: readonly string[]) => marqueeEverywhere('metadata', ...args)

async function writeResponse(
  folder: string,
  [response]: readonly MessageShape<typeof method.output>[],
): Promise<ResponseFiles> {
  if (response === undefined) throw new Error('the metadata service returned no response')
  const files = { json: join(folder, 'response.json'), binary: join(folder, 'response.binpb') }
  await writeFile(files.json, toJsonString(method.output, response))
  await writeFile(files.binary, toBinary(method.output, response))
  return files
}
