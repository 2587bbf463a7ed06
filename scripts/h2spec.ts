/** h2spec, the suite for HTTP/2, against the project's port. */
import { parseArgs } from 'node:util'
import { tool } from '@marquee/testing/tools'
import { runSuite } from '../test/h2spec/suite.ts'
import { runtimes, toRuntimes } from './runtimes.ts'

const help = `bun run h2spec [options] [SPEC ...]

All cases, strict ones too, or those of the specs named, as in "http2/6.5" or "hpack".

  --runtime NAME   bun, deno or node; may be given more than once. Default: all three
  --tls            over TLS alone
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
      help: { type: 'boolean', default: false },
    },
  })
  const both = values.tls === values.cleartext
  const roads = [false, true].filter((tls) => both || tls === values.tls)
  return { help: values.help, runtimes: toRuntimes(values.runtime), roads, specs: positionals }
}

async function main(args: string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>
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
  const found = tool('h2spec')
  if ('missing' in found) {
    console.error(found.missing)
    return 1
  }
  const { specs } = options
  let isGood = true
  for (const runtime of options.runtimes) {
    for (const tls of options.roads) {
      const startMs = performance.now()
      const result = await runSuite({ binary: found.value, runtime, tls, specs })
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
      if (result.report !== '') console.log(result.report)
      isGood &&= result.report === ''
      const road = tls ? 'over TLS' : 'in cleartext'
      console.log(`${runtime} ${road}: ${result.passed} of ${result.total} passed (${seconds} s)`)
    }
  }
  return isGood ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
