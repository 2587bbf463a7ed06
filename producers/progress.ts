import cliProgress from 'cli-progress'
import type { Terminal } from './program.ts'
import { formatCount } from './summary.ts'

/** How often a plain line is written where there is no terminal, in milliseconds. */
const plainIntervalMs = 5_000

/** Shows how far a program has come. */
export interface Progress {
  /** `done` of the total, and how many things that was. Cheap: it may be called for every batch. */
  update(done: number, count: number): void
  /** Takes the bar away. */
  stop(): void
}

export interface ProgressOptions {
  readonly stderr: Terminal['stderr']
  /** What is counted: "lines". */
  readonly noun: string
  /** What `done` grows to; undefined when nobody knows, as with standard input. */
  readonly total: number | undefined
  readonly now?: () => number
}

/** A bar when stderr is a terminal, otherwise a plain line every few seconds. */
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
    // Ctrl-C is the program's: it ends with a summary.
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
