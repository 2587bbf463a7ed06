import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Program, spawnProgram } from '../platform/testing/process.ts'
import { type Found, type RuntimeName, runtime } from '../platform/testing/tools.ts'
import type { Peer, StartPeer } from './bench.ts'
import { buildGoPeer } from './build-go.ts'

export type ServiceName = 'metadata' | 'rating' | 'movie'

const startTimeoutMs = 10_000

/** A service of Marquee in a process of its own, with its access log. */
export function marquee(
  service: ServiceName,
  runtimeName: RuntimeName,
  ...args: readonly string[]
): StartPeer {
  const entry = `services/${service}/main.ts`
  const allArgs = ['--port', '0', '--log-format', 'json', ...args]
  return start(`marquee-${runtimeName}`, runtimeName, entry, allArgs, async (program) => {
    const [, origin = ''] = await program.waitForLine(/"url":"(http[^"]+)"/, startTimeoutMs)
    return { '1.1': origin, '2': origin }
  })
}

/** GetMetadata as others would serve it: a program in `peers/`, with the file of its answer. */
export function other(
  program: 'connect-node' | 'grpc-js' | 'hono-bun',
  runtimeName: RuntimeName,
  answerFile: string,
): StartPeer {
  const name = program === 'hono-bun' ? program : `${program}-${runtimeName}`
  const args = ['--answer', answerFile]
  return start(name, runtimeName, `bench/peers/${program}.ts`, args, async (running) => {
    const [line] = await running.waitForLine(/^ready .*$/m, startTimeoutMs)
    return parseOrigins(line)
  })
}

/** A service on grpc-go, built when it is started; see `peers/go/main.go` for its arguments. */
export function grpcGo(...args: readonly string[]): StartPeer {
  return async () => {
    const built = await buildGoPeer()
    if ('missing' in built) return { missing: `grpc-go: ${built.missing}` }
    const child = spawn(built.value, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    const dispose = async () => {
      child.kill()
      await ended
    }
    const lines = createInterface(child.stdout)
    const signal = AbortSignal.timeout(startTimeoutMs)
    try {
      const [line] = await once(lines, 'line', { signal })
      const origins = parseOrigins(line)
      const pid = child.pid ?? 0
      return { value: { name: 'grpc-go', pid, origins, [Symbol.asyncDispose]: dispose } }
    } catch (error) {
      await dispose()
      throw error
    }
  }
}

function start(
  name: string,
  runtimeName: RuntimeName,
  entry: string,
  args: readonly string[],
  origins: (program: Program) => Promise<Peer['origins']>,
): StartPeer {
  return async (): Promise<Found<Peer>> => {
    const found = runtime(runtimeName)
    if ('missing' in found) return { missing: `${name}: ${found.missing}` }
    const program = await spawnProgram({ runtime: runtimeName, entry, args })
    const dispose = () => program[Symbol.asyncDispose]()
    try {
      const listening = await origins(program)
      const { pid } = program
      return { value: { name, pid, origins: listening, [Symbol.asyncDispose]: dispose } }
    } catch (error) {
      await dispose()
      throw error
    }
  }
}

function parseOrigins(line: string): Peer['origins'] {
  return JSON.parse(line.slice('ready '.length)) as Peer['origins']
}
