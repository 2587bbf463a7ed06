import cliProgress from 'cli-progress'
import type { Terminal } from './program.ts'
import { formatCount } from './summary.ts'

/** Interval between two plain lines, without a terminal, in milliseconds. */
const plainIntervalMs = 5_000

/** Progress display of a program. */
export interface Progress {
  /**
   * Reports `done` of the total, and the number of items. Cheap enough to be called for every
   * batch.
   */
  update(done: number, count: number): void
  /** Removes the bar. */
  stop(): void
}

export interface ProgressOptions {
  readonly stderr: Terminal['stderr']
  /** Plural noun of the items, such as "lines". */
  readonly noun: string
  /** Final value of `done`. `undefined` when it is unknown, as with standard input. */
  readonly total: number | undefined
  readonly now?: () => number
}

/** Shows a bar when stderr is a terminal, otherwise a plain line every few seconds. */
export function createProgress(options: ProgressOptions): Progress {
  return options.stderr.isTTY ? createBar(options) : createPlainLines(options)
}

function createBar({ stderr, noun, total, now = Date.now }: ProgressOptions): Progress {
  const amount = `{count} ${noun}, {rate}/s`
  const bar = new cliProgress.SingleBar({
    format: total === undefined ? amount : `{bar} {percentage}% · ${amount} · {eta_formatted} left`,
    stream: stderr as NodeJS.WritableStream,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    // The program handles Ctrl-C: it ends with a summary.
    gracefulExit: false,
  })
  const startMs = now()
  bar.start(total ?? 1, 0, { count: '0', rate: '0' })
  return {
    update(done, count) {
      const rate = Math.round((count * 1000) / Math.max(now() - startMs, 1))
      bar.update(done, { count: formatCount(count), rate: formatCount(rate) })
    },
    stop: () => bar.stop(),
  }
}

function createPlainLines({ stderr, noun, total, now = Date.now }: ProgressOptions): Progress {
  let lastMs = now()
  return {
    update(done, count) {
      if (now() - lastMs < plainIntervalMs) return
      lastMs = now()
      const percent = total === undefined ? '' : `, ${Math.floor((done * 100) / total)}%`
      stderr.write(`${formatCount(count)} ${noun}${percent}\n`)
    },
    stop() {},
  }
}
