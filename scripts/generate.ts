/**
 * Makes `gen/` from `proto/`. The protos of others are taken from the packages that carry them: health and
 * reflection from npm, protovalidate's and those of the conformance suite from Go modules, because no npm package has
 * the source.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** Where the protos of Go modules are, by the name of the folder in `node_modules/.cache` that takes them. */
const goModules = {
  conformance: { module: 'connectrpc.com/conformance@v1.0.5', folder: 'proto' },
  protovalidate: {
    module: 'github.com/bufbuild/protovalidate@v1.2.2',
    folder: join('proto', 'protovalidate'),
  },
}
const root = join(import.meta.dirname, '..')
const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)

function fetchGoModules(): void {
  for (const [name, { module, folder }] of Object.entries(goModules)) {
    const answer = execFileSync('go', ['mod', 'download', '-json', module], { cwd: '/' })
    const { Dir: source } = JSON.parse(answer.toString()) as { Dir: string }
    const target = join(root, 'node_modules', '.cache', name)
    rmSync(target, { recursive: true, force: true })
    copyProtos(join(source, folder), target)
  }
}

/** A Go module is read-only, folders too; what is copied as it is could not be removed again. */
function copyProtos(source: string, target: string): void {
  for (const name of readdirSync(source, { recursive: true }).map(String)) {
    if (!name.endsWith('.proto')) continue
    mkdirSync(dirname(join(target, name)), { recursive: true })
    writeFileSync(join(target, name), readFileSync(join(source, name)))
  }
}

function buf(...args: string[]): void {
  execFileSync('buf', args, { cwd: root, env: { ...process.env, PATH: path }, stdio: 'inherit' })
}

fetchGoModules()
buf('lint')
buf('format', '--diff', '--exit-code', 'proto')
buf('generate')
