/** Runs h2spec, the test suite for HTTP/2, against the project's server. */
import { parseArgs } from 'node:util'
import { tool } from '@marquee/testing/tools'
import { runSuite } from '../test/h2spec/suite.ts'
import { runCommand } from './command.ts'
import { runtimes, toRuntimes } from './runtimes.ts'

const help = `bun run h2spec [options] [SPEC ...]

Runs all cases, strict ones too, or only the given specs, such as "http2/6.5" or "hpack".

  --runtime NAME   bun, deno or node; may be repeated. Default: all three
  --tls            over TLS only
  --cleartext      in cleartext only. Default: both
  --help

\`bash .ci/run\` installs the suite. Exit codes: 0 all passed; 1 some failed; 2 wrong arguments.`

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runtime: { type: 'string', multiple: true, default: [...runtimes] },
      tls: { type: 'boolean', default: false },
      cleartext: { type: 'boolean', default: false },
    },
  })
  const both = values.tls === values.cleartext
  const transports = [false, true].filter((tls) => both || tls === values.tls)
  return { runtimes: toRuntimes(values.runtime), transports, specs: positionals }
}

async function run(options: ReturnType<typeof readOptions>): Promise<boolean> {
  const found = tool('h2spec')
  if ('missing' in found) {
    console.error(found.missing)
    return false
  }
  const { specs } = options
  let hasPassed = true
  for (const runtime of options.runtimes) {
    for (const tls of options.transports) {
      const startMs = performance.now()
      const result = await runSuite({ binary: found.value, runtime, tls, specs })
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
      if (result.report !== '') console.log(result.report)
      hasPassed &&= result.report === ''
      const transport = tls ? 'over TLS' : 'in cleartext'
      console.log(
        `${runtime} ${transport}: ${result.passed} of ${result.total} passed (${seconds} s)`,
      )
    }
  }
  return hasPassed
}

await runCommand({ help, readOptions, run })
