import type { WorkerPlace } from './messages.ts'

/** Variable in which the supervisor passes a process its place. */
const placeVariable = 'MARQUEE_WORKER'
/** Folder of the program in an executable of `bun build --compile`. */
const compiledFolder = '/$bunfs/'

/** Returns the place of this process, or `undefined` when no supervisor has started it. */
export function readWorkerPlace(env = process.env): WorkerPlace | undefined {
  const text = env[placeVariable]
  return text === undefined ? undefined : JSON.parse(text)
}

/** How to start this program again. */
export interface WorkerCommand {
  /** `undefined` for an executable that contains the program. */
  readonly script: string | undefined
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** Returns how to start this program as a worker. */
export function workerCommand(place: WorkerPlace): WorkerCommand {
  const [, script = '', ...args] = process.argv
  return {
    script: script.startsWith(compiledFolder) ? undefined : script,
    args,
    env: { ...process.env, [placeVariable]: JSON.stringify(place) },
  }
}
