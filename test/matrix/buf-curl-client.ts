import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { create, type DescFile, type JsonValue, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import { file_rating_v1_rating } from '../../gen/rating/v1/rating_pb.ts'
import { type Binding, binaryOnly, type Client, type Session } from './client.ts'
import { type CommandCall, createCommandSession } from './command-session.ts'

const found = tool('buf')

/**
 * Time to start. The deadline counts from the start, and the tool reads the schema before it calls.
 */
const startTimeoutMs = 2_000

/** `buf curl` with the schema as an argument, because with reflection it only supports HTTP/2. */
export const bufCurlClient: Client = {
  name: 'buf curl',
  keepsTime: true,
  gaps: [
    binaryOnly,
    { protocol: 'connect-get', reason: 'it has no flag for GET' },
    { protocol: 'rest', reason: 'it speaks RPC alone' },
  ],
  found:
    'missing' in found
      ? found
      : { value: (binding: Binding, url: string) => open(found.value, binding, url) },
}

async function open(binary: string, binding: Binding, url: string): Promise<Session> {
  const folder = await temporaryFolder()
  const schema = join(folder.path, 'schema.binpb')
  const file = [...filesOf(file_rating_v1_rating)].map(({ proto }) => proto)
  await writeFile(
    schema,
    toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file })),
  )
  const protocol = binding.protocol === 'grpc-web' ? 'grpcweb' : binding.protocol
  const http = binding.http === '2' ? ['--http2-prior-knowledge'] : []
  const flags = ['--protocol', protocol, ...http, '--schema', schema, '-d', '@-']
  const session = createCommandSession({
    commandOf: (call) => [binary, 'curl', ...flags, ...flagsOf(call), `${url}/${call.path}`],
    parseError,
  })
  return { ...session, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

function flagsOf({ options: { requestId, timeoutMs } }: CommandCall): string[] {
  const header = ['-H', `x-request-id: ${requestId}`]
  if (timeoutMs === undefined) return header
  return [...header, '--timeout', `${timeoutMs + startTimeoutMs}ms`]
}

/** Returns a file and all that it imports, imports first. */
function filesOf(file: DescFile, found = new Set<DescFile>()): Set<DescFile> {
  for (const dependency of file.dependencies) filesOf(dependency, found)
  return found.add(file)
}

/** Parses an error of the Connect protocol as JSON, which the tool prints for every protocol. */
function parseError(stderr: string): ConnectError | undefined {
  if (!stderr.trimStart().startsWith('{')) return undefined
  const json = JSON.parse(stderr) as JsonValue
  return errorFromJson(json, undefined, new ConnectError(stderr, Code.Unknown))
}
