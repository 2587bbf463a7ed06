/**
 * Runs the official conformance suite of Connect, gRPC and gRPC-Web against the project's server
 * and client.
 */
import { parseArgs } from 'node:util'
import { type RuntimeName, tool } from '@marquee/testing/tools'
import { type Half, runSuite } from '../test/conformance/suite.ts'
import { runCommand } from './command.ts'
import { runtimes, toRuntimes } from './runtimes.ts'

const help = `bun run conformance [options]

  --runtime NAME   bun, deno or node; may be repeated. Default: all three
  --server         our server against the suite's clients
  --client         our client against the suite's servers. Default: both halves
  --run PATTERN    only cases of this name, such as "**/TLS:false/unary/*"; may be repeated
  --skip PATTERN   skip cases of this name; may be repeated
  --trace          show the bytes on the wire for cases that fail
  --vv             show each case when it starts and ends
  --timeout MS     stop a run after this time. Default: 240000
  --help

\`bash .ci/run\` installs the suite. Exit codes: 0 all passed; 1 some failed; 2 wrong arguments.`

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      runtime: { type: 'string', multiple: true, default: [...runtimes] },
      server: { type: 'boolean', default: false },
      client: { type: 'boolean', default: false },
      run: { type: 'string', multiple: true, default: [] },
      skip: { type: 'string', multiple: true, default: [] },
      trace: { type: 'boolean', default: false },
      vv: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '240000' },
    },
  })
  const timeoutMs = Number(values.timeout)
  if (!(timeoutMs > 0))
    throw new Error(`--timeout must be a number of milliseconds; got ${values.timeout}`)
  const both = values.server === values.client
  const halves = (['server', 'client'] as const).filter((half) => both || values[half])
  return { ...values, runtimes: toRuntimes(values.runtime), halves, timeoutMs }
}

type Options = ReturnType<typeof readOptions>

/** Resolves with whether all cases passed. */
async function runHalf(
  binary: string,
  half: Half,
  runtime: RuntimeName,
  { run: patterns, skip: skipped, trace, vv, timeoutMs }: Options,
): Promise<boolean> {
  const startMs = performance.now()
  const onOutput = vv ? { onOutput: (text: string) => void process.stdout.write(text) } : {}
  const result = await runSuite({
    binary,
    half,
    runtime,
    patterns,
    skipped,
    trace,
    timeoutMs,
    ...onOutput,
  })
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  if (result.report !== '') console.log(result.report)
  const { passed, total, failed, notRun, unanswered } = result
  const more = unanswered.length > 0 ? `, ${unanswered.length} without an end` : ''
  console.log(
    `${half} on ${runtime}: ${passed} of ${total} passed, ${failed} failed, ${notRun} not run${more} (${seconds} s)`,
  )
  return result.report === ''
}

async function run(options: Options): Promise<boolean> {
  const found = tool('connectconformance')
  if ('missing' in found) {
    console.error(found.missing)
    return false
  }
  let passed = true
  for (const half of options.halves) {
    for (const runtime of options.runtimes) {
      passed = (await runHalf(found.value, half, runtime, options)) && passed
    }
  }
  return passed
}

await runCommand({ help, readOptions, run })
