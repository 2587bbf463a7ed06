import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type MessageShape, toJsonString } from '@bufbuild/protobuf'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { type Bench, type Candidate, startAll } from '../bench.ts'
import { ask } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { measureCalls } from '../measure-calls.ts'
import { connectGo, grpcGo, marqueeEverywhere, other } from '../peers.ts'
import { connectJson, grpc, type Wire } from '../wire.ts'

const method = MetadataService.method.getMetadata

/** A case, whom Marquee is compared to, and who else takes part. */
interface Contest {
  readonly name: string
  readonly wire: Wire
  readonly rival: string
  readonly others: (answerFile: string) => readonly Candidate[]
}

/** `GetMetadata` by gRPC: Marquee's whole service, and others that serve it from a map. */
export function measureGrpcUnary(bench: Bench): Promise<void> {
  return measure(bench, {
    name: 'grpc-unary',
    wire: grpc,
    rival: 'grpc-go',
    others: (answerFile) => [
      grpcGo(answerFile),
      connectGo(answerFile),
      other('connect-node', 'bun', answerFile),
      other('connect-node', 'node', answerFile),
      other('grpc-js', 'node', answerFile),
    ],
  })
}

/** The same as Connect JSON over HTTP/1.1, against a plain route of Hono. */
export function measureJsonOverHttp1(bench: Bench): Promise<void> {
  return measure(bench, { name: 'connect-json-h1', wire: connectJson('1.1'), ...jsonPeers })
}

/** The same over HTTP/2. */
export function measureJsonOverHttp2(bench: Bench): Promise<void> {
  return measure(bench, { name: 'connect-json-h2', wire: connectJson('2'), ...jsonPeers })
}

const jsonPeers: Pick<Contest, 'rival' | 'others'> = {
  rival: 'hono-bun',
  others: (answerFile) => [
    other('hono-bun', 'bun', answerFile),
    connectGo(answerFile),
    other('connect-node', 'bun', answerFile),
    other('connect-node', 'node', answerFile),
  ],
}

async function measure(bench: Bench, { name, wire, rival, others }: Contest): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const catalogue = ['--database-url', await loadCatalogue(bench.folder)]
  const peers = await startAll(marqueeEverywhere('metadata', ...catalogue), stack, bench)
  const call = { name, wire, method, request: { movieId } }
  const [own] = peers
  if (own === undefined) throw new Error('the metadata service does not start')
  const answer = await ask(call, own)
  const answerFile = await writeAnswer(bench.folder, answer)
  peers.push(...(await startAll(others(answerFile), stack, bench)))
  await measureCalls(bench, { ...call, answer }, peers, rival)
}

async function writeAnswer(
  folder: string,
  [answer]: readonly MessageShape<typeof method.output>[],
): Promise<string> {
  if (answer === undefined) throw new Error('the metadata service answers nothing')
  const path = join(folder, 'answer.json')
  await writeFile(path, toJsonString(method.output, answer))
  return path
}
