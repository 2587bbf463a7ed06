import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { workerCommand } from './config.ts'
import type { FromWorker, ToWorker, WorkerPlace } from './messages.ts'
import type { WorkerExit, WorkerProcess } from './slot.ts'
import type { Channel } from './worker.ts'

const stdio: StdioOptions = ['inherit', 'inherit', 'inherit', 'ipc']

/** Starts this program in a process of its own, with its flags and environment, as a worker. */
export function startWorkerProcess(
  place: WorkerPlace,
  onMessage: (message: FromWorker) => void,
): WorkerProcess {
  const child = spawnWorker(place)
  child.on('message', (message) => onMessage(message as FromWorker))
  return {
    pid: child.pid,
    send: (message) => void (child.connected && child.send(message, onSent)),
    // Not `child.kill`: Deno then reports the signal as the exit, whatever the exit code is.
    kill(signal) {
      const isRunning = child.exitCode === null && child.signalCode === null
      if (isRunning && child.pid !== undefined) process.kill(child.pid, signal)
    },
    exited: exitOf(child),
  }
}

function spawnWorker(place: WorkerPlace): ChildProcess {
  const { script, args, env } = workerCommand(place)
  if (script === undefined) return spawn(process.execPath, args, { env, stdio })
  return fork(script, args, { env, stdio })
}

/** A process that could not be started has ended, too. */
async function exitOf(child: ChildProcess): Promise<WorkerExit> {
  try {
    const [code, signal] = await once(child, 'exit')
    return { code, signal }
  } catch (error) {
    return { code: null, signal: (error as Error).message }
  }
}

/** The end of a process is reported by its exit, and a message to it no longer matters. */
function onSent(): void {}

/**
 * Returns the connection of this process to its supervisor. When the supervisor ends, this process
 * shuts down.
 */
export function openChannel(): Channel {
  let onMessage: (message: ToWorker) => void = () => {}
  const receive = (message: unknown) => onMessage(message as ToWorker)
  const shutDown = () => void process.kill(process.pid, 'SIGTERM')
  process.on('message', receive)
  process.on('disconnect', shutDown)
  return {
    send(message) {
      if (process.connected) process.send?.(message, undefined, undefined, onSent)
    },
    listen(listener) {
      onMessage = listener
    },
    [Symbol.dispose]() {
      process.off('message', receive)
      process.off('disconnect', shutDown)
      if (process.connected) process.disconnect?.()
    },
  }
}
