import { setTimeout as delay } from 'node:timers/promises'
import { waitFor } from '@marquee/testing/wait-for'
import { type ServiceProcessOptions, spawnService } from '../system/service-process.ts'
import { readProblem } from './rating-process.ts'

/** Service on a fixed port whose process is started again whenever it ends. */
export interface SupervisedService extends AsyncDisposable {
  readonly url: string
  /** Sends SIGKILL, and resolves when the process has ended and the next one starts. */
  kill(): Promise<void>
  /** Resolves when the service is ready. */
  ready(): Promise<void>
  /** Returns the number of processes that ended by themselves. */
  ownEnds(): number
}

/** Pause before the next process when one has ended by itself, in milliseconds. */
const restartPauseMs = 100
const readyTimeoutMs = 120_000
/** Part of the log that is printed when the service does not become ready, in characters. */
const shownLogLength = 8_000

export function supervise(
  options: ServiceProcessOptions & { readonly port: number },
): SupervisedService {
  const url = `http://127.0.0.1:${options.port}`
  const stopped = new AbortController()
  let program = spawnService(options)
  let ownEnds = 0

  async function run(): Promise<void> {
    for (;;) {
      const { signal } = await (await program).exited
      if (signal === null && !stopped.signal.aborted) {
        ownEnds++
        await delay(restartPauseMs)
      }
      if (stopped.signal.aborted) return
      program = spawnService(options)
    }
  }

  const running = run()
  return {
    url,
    async kill() {
      const { kill, exited } = await program
      kill('SIGKILL')
      // `run` has waited for longer: it goes on first, and starts the next process.
      await exited
    },
    async ready() {
      const isReady = async () => {
        const problem = await readProblem(url)
        if (problem !== undefined) throw new Error(problem)
        return true
      }
      const wait = { what: `${url} to be ready`, timeoutMs: readyTimeoutMs }
      await waitFor(isReady, wait).catch(async (error) => {
        process.stderr.write(lastLines((await program).stdout()))
        throw error
      })
    },
    ownEnds: () => ownEnds,
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await (await program)[Symbol.asyncDispose]()
      await running
    },
  }
}

/** Returns the end of a log, without the lines of calls. */
function lastLines(log: string): string {
  const lines = log.split('\n').filter((line) => !line.includes('"msg":"call"'))
  return lines.join('\n').slice(-shownLogLength)
}
