import { execFile } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generateGo } from '@marquee/testing/go-code'
import { ownOptions } from '@marquee/testing/proto-files'
import { services } from './services.ts'

const source = join(import.meta.dirname, 'go')
const run = promisify(execFile)
const plugins = {
  'google.golang.org/protobuf/cmd/protoc-gen-go': [],
  'google.golang.org/grpc/cmd/protoc-gen-go-grpc': [],
  'github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway': [
    'allow_patch_feature=false',
  ],
}

/**
 * Builds the program in Go in the user's cache, and returns its path.
 * @param go Path of the Go compiler.
 */
export async function buildOracles(go: string): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'marquee', 'transcode-oracles')
  const build = (...args: string[]) => run(go, ['build', ...args], { cwd: folder })
  await rm(folder, { recursive: true, force: true })
  await cp(source, folder, { recursive: true })
  for (const plugin of Object.keys(plugins)) await build('-o', 'plugins/', plugin)
  const files = [...new Set(services.map(({ file }) => file))]
  await generateGo({
    ...{ folder, module: 'marquee.oracles', files, plugins: byProgram() },
    leftOut: ownOptions,
  })
  const program = join(folder, 'oracles')
  await build('-o', program, '.')
  return program
}

function byProgram() {
  const entries = Object.entries(plugins)
  return Object.fromEntries(
    entries.map(([path, parameters]) => [`plugins/${path.split('/').at(-1)}`, parameters]),
  )
}
