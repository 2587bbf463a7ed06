import { execFile, spawn } from 'node:child_process'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  file_google_protobuf_timestamp,
} from '@bufbuild/protobuf/wkt'
import { type Found, root, tool } from '@marquee/testing/tools'
import { file_bench_v1_bench } from '../gen/bench/v1/bench_pb.ts'
import { file_metadata_v1_metadata } from '../gen/metadata/v1/metadata_pb.ts'
import { file_movie_v1_movie } from '../gen/movie/v1/movie_pb.ts'
import { file_rating_v1_rating } from '../gen/rating/v1/rating_pb.ts'

const source = join(root, 'bench', 'peers', 'go')
const contract = [
  file_metadata_v1_metadata,
  file_rating_v1_rating,
  file_movie_v1_movie,
  file_bench_v1_bench,
]
const validationRules = 'buf/validate/validate.proto'
const run = promisify(execFile)

/** Paths of the Go programs. */
export interface GoPrograms {
  /** Program of the peers: see `peers/go/main.go`. */
  readonly peer: string
  /** Load generator at a fixed rate: see `peers/go/load/main.go`. */
  readonly load: string
}

let built: Promise<Found<GoPrograms>> | undefined

/** Builds the Go programs, once per run of the bench. */
export function buildGo(): Promise<Found<GoPrograms>> {
  built ??= build()
  return built
}

/** Builds in the user's cache, with generated Go code for the protos. */
async function build(): Promise<Found<GoPrograms>> {
  const go = tool('go')
  if ('missing' in go) return go
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'marquee', 'bench-go')
  const programs = { peer: join(folder, 'peer'), load: join(folder, 'load-program') }
  try {
    await rm(folder, { recursive: true, force: true })
    await cp(source, folder, { recursive: true })
    await run(
      go.value,
      ['build', '-o', 'protoc-gen-go', 'google.golang.org/protobuf/cmd/protoc-gen-go'],
      { cwd: folder },
    )
    await generate(folder)
    await run(go.value, ['build', '-o', programs.peer, '.'], { cwd: folder })
    await run(go.value, ['build', '-o', programs.load, './load'], { cwd: folder })
    return { value: programs }
  } catch (error) {
    return { missing: `the build failed: ${(error as Error).message.trim()}` }
  }
}

/** Runs protoc-gen-go on the descriptors in `gen/`, as protoc does. */
async function generate(folder: string): Promise<void> {
  const files = contract.map((file) => withoutRules(file.proto))
  const names = files.map(({ name }) => name)
  const packages = names.map((name) => `M${name}=marquee.bench/gen/${dirname(name)}`)
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: names,
    parameter: ['module=marquee.bench', ...packages].join(','),
    protoFile: [file_google_protobuf_timestamp.proto, ...files],
  })
  const output = await pipe(
    join(folder, 'protoc-gen-go'),
    toBinary(CodeGeneratorRequestSchema, request),
  )
  const { error, file: made } = fromBinary(CodeGeneratorResponseSchema, output)
  if (error !== '') throw new Error(error)
  for (const { name, content } of made) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
}

/** Removes the validation rules. The peers do not validate and need no Go code for them. */
function withoutRules(file: FileDescriptorProto): FileDescriptorProto {
  const copy = clone(FileDescriptorProtoSchema, file)
  copy.dependency = copy.dependency.filter((name) => name !== validationRules)
  return copy
}

async function pipe(program: string, input: Uint8Array): Promise<Uint8Array> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(input)
  return Buffer.concat(await Array.fromAsync(child.stdout))
}
