import { execFile } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generateGo } from '@marquee/testing/go-code'
import { ownOptions } from '@marquee/testing/proto-files'
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
/** Rules and options, which the peers do not apply. */
export const leftOut: readonly string[] = [...ownOptions, 'google/api/']
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
    const plugins = { 'protoc-gen-go': [] }
    await generateGo({ folder, module: 'marquee.bench', files: contract, leftOut, plugins })
    await run(go.value, ['build', '-o', programs.peer, '.'], { cwd: folder })
    await run(go.value, ['build', '-o', programs.load, './load'], { cwd: folder })
    return { value: programs }
  } catch (error) {
    return { missing: `the build failed: ${(error as Error).message.trim()}` }
  }
}
