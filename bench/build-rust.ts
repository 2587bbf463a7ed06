import { execFile } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { create, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { withImports } from '@marquee/testing/proto-files'
import { type Found, root, tool } from '@marquee/testing/tools'
import { BenchService, file_bench_v1_bench } from '../gen/bench/v1/bench_pb.ts'
import { file_metadata_v1_metadata, MetadataService } from '../gen/metadata/v1/metadata_pb.ts'
import { leftOut } from './build-go.ts'

const source = join(root, 'bench', 'peers', 'rust')
const methods = new Set([
  MetadataService.method.getMetadata.name,
  BenchService.method.listItems.name,
  BenchService.method.echo.name,
])
const run = promisify(execFile)

let built: Promise<Found<string>> | undefined

/** Builds the peers in Rust, once per run of the bench, and returns the program's path. */
export function buildRust(): Promise<Found<string>> {
  built ??= build()
  return built
}

/** Builds in the user's cache, where the libraries stay compiled from one run to the next. */
async function build(): Promise<Found<string>> {
  const cargo = tool('cargo')
  if ('missing' in cargo) return cargo
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'marquee', 'bench-rust')
  try {
    await cp(source, folder, { recursive: true })
    await writeFile(join(folder, 'contract.binpb'), contract())
    await run(cargo.value, ['build', '--quiet', '--release', '--locked'], { cwd: folder })
    return { value: join(folder, 'target', 'release', 'peer') }
  } catch (error) {
    return { missing: `the build failed: ${(error as Error).message.trim()}` }
  }
}

/** Returns a `FileDescriptorSet` whose services have only the methods that the peers serve. */
function contract(): Uint8Array {
  const file = withImports([file_metadata_v1_metadata, file_bench_v1_bench], leftOut)
  for (const one of file) {
    for (const service of one.service) {
      service.method = service.method.filter(({ name }) => methods.has(name))
    }
    one.service = one.service.filter(({ method }) => method.length > 0)
  }
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }))
}
