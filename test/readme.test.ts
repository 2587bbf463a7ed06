import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '@marquee/testing/free-ports'
import { spawnProgram } from '@marquee/testing/process'
import { testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type Found, root, runtime, type ToolName, tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import {
  type Command,
  readCommands,
  readPrograms,
  relativeLinks,
  withPorts,
} from './readme-commands.ts'

const lineCountMax = 120
const startTimeoutMs = 20_000
const commandTimeoutMs = 20_000
const testTimeoutMs = 30_000
const defaultPorts = [8081, 8082, 8083]
const tools: readonly string[] = ['buf', 'curl', 'ghz', 'grpcurl', 'h2load', 'nghttp']

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const api = readFileSync(join(root, 'docs', 'api.md'), 'utf8')
const rest = readFileSync(join(root, 'docs', 'rest.md'), 'utf8')

test(`the README has at most ${lineCountMax} lines`, () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(lineCountMax)
})

test('every link in the documents leads somewhere', () => {
  const nested = ['docs', 'bench'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, `${name}`))
      : [],
  )
  const documents = [...readdirSync(root), ...nested].filter((path) => path.endsWith('.md'))
  const broken = documents.flatMap((path) =>
    relativeLinks(readFileSync(join(root, path), 'utf8'))
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  )
  expect(broken).toEqual([])
})

describe('the README can be followed:', () => {
  const resources = new AsyncDisposableStack()
  let ports: ReadonlyMap<number, number>
  let folder: string

  beforeAll(async () => {
    folder = resources.use(await temporaryFolder()).path
    await lookLikeProject(folder)
    const [metadata, rating, movie] = await freePorts(3)
    ports = new Map([metadata, rating, movie].map((port = 0, i) => [defaultPorts[i] ?? 0, port]))
    const flags = ['--port-metadata', metadata, '--port-rating', rating, '--port-movie', movie]
    const system = await spawnProgram({
      runtime: 'bun',
      entry: 'services/dev.ts',
      args: [...flags.map(String), '--data', join(folder, 'data')],
      cwd: folder,
    })
    await resources.use(system).waitForLine(/Ready/, startTimeoutMs)
  }, startTimeoutMs + 5_000)

  afterAll(() => resources.disposeAsync(), 10_000)

  async function tryCommand(command: Command): Promise<void> {
    // The system was started before the first test, by the script that this stands for.
    if (command.kind === 'start') return expectScript('start')
    if (command.kind === 'check') return expectScript(command.script)
    if (command.kind === 'service') return tryService(command)
    const { stdout, stderr } = await runShell(withPorts(command.line, ports), folder, {
      METADATA_URL: `http://localhost:${ports.get(8081)}`,
      RATING_URL: `http://localhost:${ports.get(8082)}`,
    })
    expect(stdout + stderr).not.toBe('')
  }

  for (const command of readCommands(readme)) {
    testWith(requirement(command), command.line, () => tryCommand(command), testTimeoutMs)
  }
  for (const [path, text] of Object.entries({ 'docs/api.md': api, 'docs/rest.md': rest })) {
    for (const command of readCommands(text)) {
      const name = `${path}: ${command.line}`
      testWith(requirement(command), name, () => tryCommand(command), testTimeoutMs)
    }
  }

  for (const [index, program] of readPrograms(api).entries()) {
    const run = async () => {
      const path = join(folder, `example-${index}.ts`)
      await writeFile(path, withPorts(program, ports))
      expect((await runShell(`bun ${path}`, folder, {})).stdout).toBe('4.5\n')
    }
    test('the program in docs/api.md runs', run, testTimeoutMs)
  }
})

/** The top of the project in every file, but with a data folder of its own. */
async function lookLikeProject(folder: string): Promise<void> {
  const names = readdirSync(root).filter((name) => name !== 'data' && name !== '.git')
  for (const name of names) await symlink(join(root, name), join(folder, name))
  await mkdir(join(folder, 'data'))
  // By default, curl accepts an error response.
  await writeFile(join(folder, '.curlrc'), 'fail-with-body\nsilent\nshow-error\n')
}

function requirement(command: Command): Found<unknown> {
  if (command.kind === 'service') return runtime(command.runtime)
  if (command.kind !== 'shell' || !tools.includes(command.program)) return { value: undefined }
  return tool(command.program as ToolName)
}

function expectScript(name: string): void {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(manifest.scripts).toHaveProperty(name)
}

async function tryService(command: Command & { kind: 'service' }): Promise<void> {
  await using folder = await temporaryFolder()
  const [port = 0] = await freePorts(1)
  const args = command.args
    .join(' ')
    .replace(/--port[ =]\d+/, `--port ${port}`)
    .split(' ')
  expect(args).toContain(String(port))
  const { runtime, entry } = command
  await using _ = await spawnProgram({ runtime, entry, args, cwd: folder.path })
  const isLive = async () => (await fetch(`http://localhost:${port}/livez`)).ok
  await waitFor(isLive, { what: `${command.line} to answer`, timeoutMs: startTimeoutMs })
}

async function runShell(line: string, folder: string, env: Readonly<Record<string, string>>) {
  const found = tools.map((name) => tool(name as ToolName))
  const folders = found.flatMap((each) => ('value' in each ? [dirname(each.value)] : []))
  const path = [join(root, 'node_modules', '.bin'), ...folders, process.env.PATH]
  return promisify(execFile)('bash', ['-euo', 'pipefail', '-c', line], {
    cwd: folder,
    env: { ...process.env, ...env, PATH: path.join(delimiter), CURL_HOME: folder },
    timeout: commandTimeoutMs,
  })
}
