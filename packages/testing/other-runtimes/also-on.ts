import { expect } from 'bun:test'
import { relative } from 'node:path'
import { spawnProgram } from '../process.ts'
import { testWith } from '../requirements.ts'
import { root, runtime } from '../tools.ts'

export interface AlsoOnOptions {
  /** Only tests whose whole name, suites and all, matches. */
  readonly only?: RegExp
  /** For all tests of the file together: 180,000 unless told. */
  readonly timeoutMs?: number
}

/** Longer than this is a hang. */
const timeoutMsDefault = 180_000

/**
 * Declares a test for each of Deno and Node, which runs this test file there, and fails with the output when a test
 * fails there. The file, with what it imports, may use of `bun:test` what `bun-test.ts` has, and nothing of `Bun`.
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
