import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname, join } from 'node:path'
import { type Found, root, type ToolName, tool } from '@marquee/testing/tools'
import type { Page } from 'playwright-core'

/** The programs of the commands of the API explorer that run in a shell. */
export const shellTools = {
  curl: 'curl',
  grpcurl: 'grpcurl',
  'buf curl': 'buf',
  REST: 'curl',
} as const satisfies Readonly<Record<string, ToolName>>

/** Time that a command may take on a busy machine, in milliseconds. */
const timeoutMs = 30_000

export interface Printed {
  readonly stdout: string
  readonly stderr: string
  /** `null` for a program that was ended. */
  readonly code: number | null
}

/** The command that the API explorer shows, or why it shows none. */
export async function commandText(page: Page): Promise<string> {
  return (await page.getByRole('region', { name: 'Commands' }).locator('pre').textContent()) ?? ''
}

/**
 * Runs a command as it was copied.
 * @param isEndless True for a stream that does not end: the command is ended when it has printed a
 * message.
 */
export function runInShell(line: string, isEndless = false): Promise<Printed> {
  const found: Found<string>[] = Object.values(shellTools).map((name) => tool(name))
  const folders = found.flatMap((each) => ('value' in each ? [dirname(each.value)] : []))
  const path = [join(root, 'node_modules', '.bin'), ...folders, process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path }
  return run('bash', ['-euo', 'pipefail', '-c', line], { cwd: root, env, isEndless })
}

/** Runs a program in the folder of the page, whose packages have the client. */
export function runTypeScript(text: string, isEndless = false): Promise<Printed> {
  const cwd = join(root, 'apps', 'web')
  return run(process.execPath, ['run', '-'], { cwd, env: process.env, isEndless, input: text })
}

interface RunOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly isEndless: boolean
  readonly input?: string
}

async function run(file: string, args: string[], options: RunOptions): Promise<Printed> {
  const { cwd, env, isEndless, input = '' } = options
  // In a process group of its own, so that the programs of a pipeline end with their shell.
  const child = spawn(file, args, { cwd, env, detached: true, stdio: 'pipe' })
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  const timer = setTimeout(end, timeoutMs)
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
      if (isEndless && name === 'stdout' && text.trim() !== '') end()
    })
  }
  child.stdin.end(input)
  await once(child, 'close')
  clearTimeout(timer)
  return { ...printed, code: child.exitCode }
}
