/**
 * Makes `gen/` from `proto/`. The protos of others are taken from the packages that carry them: health and
 * reflection from npm, protovalidate's from its Go module, because no npm package has the source.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const protovalidateModule = 'github.com/bufbuild/protovalidate@v1.2.2'
const root = join(import.meta.dirname, '..')
const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)

function fetchProtovalidate(): void {
  const answer = execFileSync('go', ['mod', 'download', '-json', protovalidateModule], { cwd: '/' })
  const { Dir: source } = JSON.parse(answer.toString()) as { Dir: string }
  const target = join(root, 'node_modules', '.cache', 'protovalidate')
  rmSync(target, { recursive: true, force: true })
  cpSync(join(source, 'proto', 'protovalidate'), target, { recursive: true })
}

function buf(...args: string[]): void {
  execFileSync('buf', args, { cwd: root, env: { ...process.env, PATH: path }, stdio: 'inherit' })
}

fetchProtovalidate()
buf('lint')
buf('format', '--diff', '--exit-code', 'proto')
buf('generate')
