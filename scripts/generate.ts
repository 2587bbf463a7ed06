/**
 * Generates code from the protos, after checking their format, buf's lint rules, and that no change
 * of `proto/` breaks the clients of the last release. Third-party protos are in `third_party/`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { writeDescriptions } from './descriptions.ts'

const root = join(import.meta.dirname, '..')
const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)

const env = { ...process.env, PATH: path }

/** Runs buf, which prints its own errors. */
function buf(...args: string[]): void {
  const { status, error } = spawnSync('buf', args, { cwd: root, env, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(1)
}

/**
 * Returns the output of git, or `undefined` when it fails: in a copy without history, or for an
 * unknown name.
 */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  } catch {
    return undefined
  }
}

/** Returns the last release tag, or else the main branch. */
function baseline(): string | undefined {
  const tag = git('describe', '--tags', '--abbrev=0')?.trim()
  return [tag, 'origin/main', 'main'].find(
    (name) => name && git('rev-parse', '--verify', '--quiet', `${name}^{commit}`),
  )
}

/** Compares `proto/` with the baseline. All other modules are the same on both sides. */
function checkBreaking(): void {
  const name = baseline()
  if (name === undefined) {
    console.log('buf breaking: skipped, because git knows neither a release tag nor main here')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'marquee-protos-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const others = [
    ...['third_party', 'bench/proto'],
    ...['packages/transcode/testing/proto', 'test/transcode-oracles/proto'],
  ]
  for (const same of ['buf.yaml', ...others]) {
    cpSync(join(root, same), join(folder, same), { recursive: true })
  }
  const archive = join(folder, 'proto.tar')
  execFileSync('git', ['archive', '--output', archive, name, 'proto'], { cwd: root })
  execFileSync('tar', ['-xf', archive, '-C', folder])
  buf('breaking', '--against', folder)
  console.log(`buf breaking: proto/ is compatible with ${name}`)
}

/**
 * Replaces the base64 of descriptors by text. A name has three spellings in base64, one for each
 * offset, so that a bundle compresses worse: text saves 6 % of the client in a browser.
 */
function writeDescriptorsAsText(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    if (!name.endsWith('_pb.ts')) continue
    const path = join(folder, name)
    const code = readFileSync(path, 'utf8').replace(
      /fileDesc\("([^"]*)"/,
      (_, base64) => `fileDesc(/*@__PURE__*/ btoa(${textLiteral(base64)})`,
    )
    writeFileSync(path, code)
  }
}

function textLiteral(base64: string): string {
  return JSON.stringify(Buffer.from(base64, 'base64').toString('latin1')).replace(
    /[\x7f-\xff]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16)}`,
  )
}

buf('lint')
buf('format', '--diff', '--exit-code', 'proto')
checkBreaking()
buf('generate')
buf('generate', '--template', 'packages/connect-hono/buf.gen.yaml')
buf('generate', '--template', 'packages/transcode/buf.gen.yaml')
writeDescriptions(env)
buf('generate', '--template', 'packages/client/buf.gen.yaml')
writeDescriptorsAsText(join(root, 'packages', 'client', 'gen'))
