import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Maximum time of a command, in milliseconds. */
const commandTimeoutMs = 20_000

/** A running command-line tool. Disposing stops it. */
export interface Command extends AsyncDisposable {
  readonly stdout: Readable
  /** Resolves when the tool has ended, with its standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>
}

/** Runs a tool with its whole standard input. Stops it when the signal is aborted. */
export function startCommand(
  [binary = '', ...args]: readonly string[],
  input: string | Uint8Array,
  signal?: AbortSignal,
): Command {
  const child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const kill = () => void child.kill()
  const timer = setTimeout(kill, commandTimeoutMs)
  signal?.addEventListener('abort', kill, { once: true })
  // A tool that needs no input, or ends early, closes it.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  async function end() {
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')])
    clearTimeout(timer)
    signal?.removeEventListener('abort', kill)
    return { code: child.exitCode, stderr }
  }
  const ended = end()
  return {
    stdout: child.stdout,
    ended,
    async [Symbol.asyncDispose]() {
      kill()
      await ended
    },
  }
}

/** Yields the JSON objects of a stream, each as soon as it is complete. */
export async function* jsonObjects(source: Readable): AsyncGenerator<string> {
  let open = ''
  let depth = 0
  let quoted = false
  let escaped = false
  for await (const piece of source.setEncoding('utf8')) {
    for (const character of piece as string) {
      open += character
      if (quoted) {
        quoted = escaped || character !== '"'
        escaped = !escaped && character === '\\'
      } else if (character === '"') quoted = true
      else if (character === '{') depth++
      else if (character === '}' && --depth === 0) {
        yield open
        open = ''
      }
    }
  }
}

/** Returns the only message of a unary or client-streaming response. */
export async function only<T>(messages: AsyncIterable<T>): Promise<T> {
  const all = await Array.fromAsync(messages)
  const [message] = all
  if (message !== undefined && all.length === 1) return message
  throw new Error(`the call ended with ${all.length} messages instead of one`)
}
