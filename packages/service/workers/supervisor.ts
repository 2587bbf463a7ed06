import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from '@marquee/back-off/exponential'
import type { Logger } from 'pino'
import type { FromWorker, WorkerPlace } from './messages.ts'
import { createReports } from './reports.ts'
import type { Slot, WorkerExit, WorkerProcess } from './slot.ts'

export interface SupervisorOptions {
  readonly place: Omit<WorkerPlace, 'index' | 'isFirst'>
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Starts a process. */
  readonly start: (place: WorkerPlace, onMessage: (message: FromWorker) => void) => WorkerProcess
  /** Monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number
  /** Waits before a restart. Default: in real time. */
  readonly wait?: (waitMs: number, signal: AbortSignal) => Promise<void>
}

/** Runs a service in several processes. */
export interface Supervisor {
  /**
   * Starts the workers, and restarts each one that ends. Resolves with the exit code when all have
   * ended after `stop`, or when the first one could not start.
   */
  run(): Promise<number>
  /** Shuts all workers down. A worker that takes too long is killed. */
  stop(): void
  /** Makes all workers reload their files. */
  reload(): void
}

/** Waits before restarts of one worker, which double from failure to failure. */
const restartBackOff = { firstMs: 200, maxMs: 30_000 }
/** Time of service after which a worker's earlier failures no longer count, in milliseconds. */
const steadyMs = 60_000
/**
 * Time from `stop` until processes are killed, in milliseconds. A worker that shuts down ends by
 * itself before that.
 */
const killTimeoutMs = 17_000

const backOff = createBackOff(restartBackOff)

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { place, log, start, now = () => performance.now(), wait = waitInTime } = options
  const slots = Array.from({ length: place.count }, (_, index): Slot => {
    return { index, process: undefined, servingSinceMs: undefined, problems: [], failureCount: 0 }
  })
  const stopping = new AbortController()
  const firstServes = Promise.withResolvers<void>()
  const exits: WorkerExit[] = []
  let lead: Slot | undefined
  let restartCount = 0
  const isServing = (slot: Slot) => slot.servingSinceMs !== undefined
  const reports = createReports({
    slots,
    isServing,
    figures: () => ({ servingCount: slots.filter(isServing).length, restartCount }),
  })

  /** Sends each worker the state of the others, and appoints a lead when there is none. */
  function update(): void {
    const missingCount = slots.filter((slot) => !isServing(slot)).length
    for (const { index, process } of slots) {
      const problems = slots.flatMap((other) => (other.index === index ? [] : other.problems))
      process?.send({ kind: 'others', problems, missingCount })
    }
    if (lead !== undefined) return
    lead = slots.find(isServing)
    lead?.process?.send({ kind: 'lead' })
  }

  function receive(slot: Slot, message: FromWorker): void {
    switch (message.kind) {
      case 'serving':
        slot.servingSinceMs = now()
        log.info({ worker: slot.index, pid: slot.process?.pid }, 'a worker serves')
        firstServes.resolve()
        update()
        break
      case 'problems':
        slot.problems = message.problems
        update()
        break
      case 'changed':
        for (const other of slots) if (other !== slot) other.process?.send(message)
        break
      case 'gather':
        void reports.gather(slot, message)
        break
      case 'reported':
        reports.receive(message)
        break
    }
  }

  /** Runs one process, and resolves when it has ended. */
  async function runOnce(slot: Slot, isFirst = false): Promise<WorkerExit> {
    const process = start({ ...place, index: slot.index, isFirst }, (message) => {
      if (slot.process === process) receive(slot, message)
    })
    slot.process = process
    const exit = await process.exited
    const servedMs = slot.servingSinceMs === undefined ? 0 : now() - slot.servingSinceMs
    slot.failureCount = servedMs > steadyMs ? 1 : slot.failureCount + 1
    Object.assign(slot, { process: undefined, servingSinceMs: undefined, problems: [] })
    reports.leave(slot)
    if (lead === slot) lead = undefined
    update()
    return exit
  }

  /** Runs a process after another in a slot, until the service stops. */
  async function keep(slot: Slot, first: Promise<WorkerExit>): Promise<void> {
    let exit = await first
    while (!stopping.signal.aborted) {
      const waitMs = Math.round(backOff(slot.failureCount))
      log.error({ worker: slot.index, ...exit, waitMs }, 'a worker ended: it is started again')
      await wait(waitMs, stopping.signal)
      if (stopping.signal.aborted) return
      restartCount++
      exit = await runOnce(slot)
    }
    exits.push(exit)
  }

  return {
    async run() {
      const [first, ...others] = slots as [Slot, ...Slot[]]
      const ended = runOnce(first, true)
      // One process tries first, so that an error of the configuration is printed once.
      const early = await Promise.race([firstServes.promise, ended])
      if (early !== undefined) return isClean(early) ? 0 : (early.code ?? 1)
      await Promise.all([
        keep(first, ended),
        ...others.map((slot) => keep(slot, stopping.signal.aborted ? ended : runOnce(slot))),
      ])
      return exits.every(isClean) ? 0 : 1
    },
    stop() {
      stopping.abort()
      for (const { process } of slots) process?.kill('SIGTERM')
      setTimeout(() => {
        for (const { process } of slots) process?.kill('SIGKILL')
      }, killTimeoutMs).unref()
    },
    reload() {
      for (const { process } of slots) process?.kill('SIGHUP')
    },
  }
}

/** A process that SIGTERM kills was still starting: it handles the signal from then on. */
function isClean({ code, signal }: WorkerExit): boolean {
  return code === 0 || signal === 'SIGTERM'
}

async function waitInTime(waitMs: number, signal: AbortSignal): Promise<void> {
  await delay(waitMs, undefined, { signal }).catch(() => {})
}
