import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { backendsFolder } from '@marquee/testing/backends/cache'
import { consul } from '@marquee/testing/backends/consul'
import { kafka } from '@marquee/testing/backends/kafka'
import { type Found, leftOut, root } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'

/** A Docker daemon with namespaces of its own. Disposing stops it with all its containers. */
export interface Engine extends AsyncDisposable {
  /** Id of its first process, on this machine. */
  readonly pid: number
  /** Runs a program beside the daemon, in the project's folder or another of its file system. */
  within(command: readonly string[], options?: WithinOptions): Promise<string>
  /** Runs a program of this machine in the daemon's network, where the published ports are. */
  net(command: readonly string[], input?: string): Promise<string>
}

export interface WithinOptions {
  readonly folder?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Folder of everything that is slow to build. */
export const cache = join(backendsFolder(), '..', 'containers')

const startTimeoutMs = 30_000
/** Maximum time of one command, in milliseconds. The first build downloads packages. */
const commandTimeoutMs = 300_000
const exec = promisify(execFile)

/** Finds what the daemon needs, or says what is missing. */
export function findEngine(): Found<true> {
  if (process.env.MARQUEE_TESTS) return leftOut
  if (process.platform !== 'linux') return { missing: 'containers need Linux' }
  if (process.getuid?.() !== 0) return { missing: 'containers in namespaces need root' }
  if (!['', '/memory'].some((path) => existsSync(`/sys/fs/cgroup${path}/cgroup.procs`))) {
    return { missing: 'there are no cgroups at /sys/fs/cgroup' }
  }
  for (const found of [kafka.installed(), consul.installed()]) {
    if ('missing' in found) return found
  }
  try {
    const namespaces = ['--net', '--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'x', '/mnt']
    execFileSync('unshare', namespaces, { stdio: 'pipe' })
    for (const name of ['debootstrap', 'slirp4netns']) execFileSync('which', [name])
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: Buffer }
    const reason = `${message.trim()} ${stderr ?? ''}`.trim()
    return { missing: `${reason}; \`bash .ci/run\` installs debootstrap and slirp4netns` }
  }
  return { value: true }
}

/** Starts the daemon on a file system that has Docker's programs, with the project in `/project`. */
export async function startEngine(system: string): Promise<Engine> {
  const logFile = join(cache, 'dockerd.log')
  const script = join(import.meta.dirname, 'world.sh')
  const world = spawn('bash', [script, system, root], {
    // Its own session: Ctrl-C must not stop it before it has cleaned up.
    detached: true,
    stdio: ['pipe', 'pipe', openSync(logFile, 'w')],
  })
  const pid = await firstLine(world)
  const namespaces = ['-t', String(pid), '-n', '-m', '-p', '-r']
  const engine: Engine = {
    pid,
    within(command, { folder = '/project', env = {} } = {}) {
      const path = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
      const environment = ['env', '-i', 'HOME=/root', path, ...variables]
      return run(['nsenter', ...namespaces, `--wdns=${folder}`, ...environment, ...command])
    },
    net: (command, input) => run(['nsenter', '-t', String(pid), '-n', ...command], input),
    async [Symbol.asyncDispose]() {
      world.stdin?.end()
      if (world.exitCode === null) await once(world, 'exit')
    },
  }
  const what = `the Docker daemon, see ${logFile},`
  await waitFor(() => engine.within(['docker', 'version']), { what, timeoutMs: startTimeoutMs })
  return engine
}

async function firstLine({ stdout }: ChildProcess): Promise<number> {
  if (stdout === null) throw new Error('the output of world.sh is not read')
  for await (const line of createInterface(stdout)) return Number(line)
  throw new Error(`world.sh printed no process id: see ${cache}/dockerd.log`)
}

/** Runs a command, and resolves with its output. Rejects with what it wrote to standard error. */
async function run([file = '', ...args]: readonly string[], input = ''): Promise<string> {
  const limits = { timeout: commandTimeoutMs, maxBuffer: 64 * 1024 * 1024 }
  const running = exec(file, args, limits)
  running.child.stdin?.on('error', () => undefined).end(input)
  const { stdout } = await running
  return stdout
}
