import { Readable } from 'node:stream'
import { type Program, runProgram } from '../program.ts'

/** Exit code and output of a program. */
export interface Run {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array
  readonly signal?: AbortSignal
}

/** Runs a program in this process, without a terminal. */
export async function record(
  program: Program,
  args: string[],
  { stdin = '', signal = new AbortController().signal }: RunOptions = {},
): Promise<Run> {
  const lines: string[] = []
  let stderr = ''
  let written = ''
  const exitCode = await runProgram(program, args, {
    stdin: Readable.from([Buffer.from(stdin)], { objectMode: false }),
    print: (line) => lines.push(line),
    stdout: {
      async write(text) {
        written += text
      },
    },
    stderr: {
      write(text) {
        stderr += text
      },
    },
    signal,
  })
  return { exitCode, stdout: written + lines.join('\n'), stderr }
}
