import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type MessageShape, toJsonString } from '@bufbuild/protobuf'
import {
  type GetMetadataResponseSchema,
  MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { type Bench, type StartPeer, startAll } from '../bench.ts'
import { ask, measureCalls } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { grpcGo, marquee, other } from '../peers.ts'
import { connectJson, grpc, type Wire } from '../wire.ts'

const method = MetadataService.method.getMetadata

/** `GetMetadata` by gRPC: Marquee's whole service, and others that serve it from a map. */
export function measureGrpcUnary(bench: Bench): Promise<void> {
  return measure(bench, 'grpc-unary', grpc, (answerFile) => [
    other('connect-node', 'bun', answerFile),
    other('connect-node', 'node', answerFile),
    other('grpc-js', 'bun', answerFile),
    other('grpc-js', 'node', answerFile),
    grpcGo('metadata', '-answer', answerFile),
  ])
}

/** The same as Connect JSON over HTTP/1.1, against a plain route of Hono. */
export function measureJsonOverHttp1(bench: Bench): Promise<void> {
  return measure(bench, 'connect-json-h1', connectJson('1.1'), jsonPeers)
}

/** The same over HTTP/2. */
export function measureJsonOverHttp2(bench: Bench): Promise<void> {
  return measure(bench, 'connect-json-h2', connectJson('2'), jsonPeers)
}

function jsonPeers(answerFile: string): StartPeer[] {
  return [
    other('hono-bun', 'bun', answerFile),
    other('connect-node', 'bun', answerFile),
    other('connect-node', 'node', answerFile),
  ]
}

async function measure(
  bench: Bench,
  name: string,
  wire: Wire,
  others: (answerFile: string) => StartPeer[],
): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const database = ['--database-url', await loadCatalogue(bench.folder)]
  const own = [
    marquee('metadata', 'bun', ...database),
    marquee('metadata', 'deno', ...database),
    marquee('metadata', 'node', ...database),
  ]
  const peers = await startAll(own, stack, bench.note)
  const call = { name, wire, method, request: { movieId } }
  const answer = await ask(call, peers[0])
  const answerFile = await writeAnswer(bench.folder, answer)
  peers.push(...(await startAll(others(answerFile), stack, bench.note)))
  await measureCalls(bench, { ...call, answer }, peers)
}

async function writeAnswer(
  folder: string,
  answer: MessageShape<typeof GetMetadataResponseSchema>,
): Promise<string> {
  const path = join(folder, 'answer.json')
  await writeFile(path, toJsonString(method.output, answer))
  return path
}
