import { expect } from 'bun:test'
import { relative } from 'node:path'
import { spawnProgram } from '../process.ts'
import { testWith } from '../requirements.ts'
import { root, runtime } from '../tools.ts'

export interface AlsoOnOptions {
  /** Runs only tests whose full name, with its suites, matches. */
  readonly only?: RegExp
  /** Timeout of all tests of the file together, in milliseconds. Default: 600,000. */
  readonly timeoutMs?: number
}

const timeoutMsDefault = 600_000

/**
 * Declares a test for each of Deno and Node, which runs this test file there. It fails with the
 * output when a test fails there. The file and its imports may use only the part of `bun:test` that
 * `bun-test.ts` has, and nothing of `Bun`.
 * @param file `import.meta.filename` of the caller.
 */
export function alsoOnDenoAndNode(file: string, options: AlsoOnOptions = {}): void {
  const { only, timeoutMs = timeoutMsDefault } = options
  if (process.versions.bun === undefined || process.env.MARQUEE_TESTS) return
  const args = [relative(root, file), ...(only ? ['--only', only.source] : [])]
  for (const name of ['deno', 'node'] as const) {
    testWith(
      runtime(name),
      `the same holds on ${name}`,
      async () => {
        const entry = 'packages/testing/other-runtimes/run.ts'
        await using program = await spawnProgram({ runtime: name, entry, args })
        const exit = await program.exited
        const output = `${program.stdout()}\n${program.stderr()}`
        if (exit.code !== 0) throw new Error(`it ended with ${exit.code ?? exit.signal}\n${output}`)
        expect(output).toMatch(/^[1-9]\d* passed, 0 failed/m)
      },
      timeoutMs,
    )
  }
}
