/**
 * Generates code from the protos, after checking them: their format, buf's lint rules, and that no change of `proto/`
 * breaks the clients of the last release. The protos of others are in `third_party/`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)

/** Runs buf, which says itself what is wrong. */
function buf(...args: string[]): void {
  const env = { ...process.env, PATH: path }
  const { status, error } = spawnSync('buf', args, { cwd: root, env, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(1)
}

/** The output of git, or `undefined` when it fails: in a copy without history, or for a name that is not there. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  } catch {
    return undefined
  }
}

/** The last release, or the branch that changes are made for. */
function baseline(): string | undefined {
  const tag = git('describe', '--tags', '--abbrev=0')?.trim()
  return [tag, 'origin/main', 'main'].find(
    (name) => name && git('rev-parse', '--verify', '--quiet', `${name}^{commit}`),
  )
}

/** Compares `proto/` with that of the baseline; every other module is the same on both sides. */
function checkBreaking(): void {
  const name = baseline()
  if (name === undefined) {
    console.log('buf breaking: skipped, because git knows neither a release tag nor main here')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'marquee-protos-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  for (const same of ['buf.yaml', 'third_party', 'bench/proto']) {
    cpSync(join(root, same), join(folder, same), { recursive: true })
  }
  const archive = join(folder, 'proto.tar')
  execFileSync('git', ['archive', '--output', archive, name, 'proto'], { cwd: root })
  execFileSync('tar', ['-xf', archive, '-C', folder])
  buf('breaking', '--against', folder)
  console.log(`buf breaking: proto/ is compatible with ${name}`)
}

buf('lint')
buf('format', '--diff', '--exit-code', 'proto')
checkBreaking()
buf('generate')
buf('generate', '--template', 'packages/connect-hono/buf.gen.yaml')
