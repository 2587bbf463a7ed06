/** The official conformance suite of Connect, gRPC and gRPC-Web against the project's port and client. */
import { parseArgs } from 'node:util'
import { type RuntimeName, tool } from '@marquee/testing/tools'
import { type Half, runSuite } from '../test/conformance/suite.ts'
import { runtimes, toRuntimes } from './runtimes.ts'

const help = `bun run conformance [options]

  --runtime NAME   bun, deno or node; may be given more than once. Default: all three
  --server         our server against the suite's clients
  --client         our client against the suite's servers. Default: both halves
  --run PATTERN    only cases of this name, as in "**/TLS:false/unary/*"; may be given more than once
  --skip PATTERN   not these
  --trace          show what went over the wire, where a case fails
  --vv             show each case as it begins and ends
  --timeout MS     end a run that takes longer. Default: 240000
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
      help: { type: 'boolean', default: false },
    },
  })
  const timeoutMs = Number(values.timeout)
  if (!(timeoutMs > 0)) throw new Error(`--timeout takes milliseconds, not ${values.timeout}`)
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

async function main(args: string[]): Promise<number> {
  let options: Options
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    return 2
  }
  if (options.help) {
    console.log(help)
    return 0
  }
  const found = tool('connectconformance')
  if ('missing' in found) {
    console.error(found.missing)
    return 1
  }
  let passed = true
  for (const half of options.halves) {
    for (const runtime of options.runtimes) {
      passed = (await runHalf(found.value, half, runtime, options)) && passed
    }
  }
  return passed ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
