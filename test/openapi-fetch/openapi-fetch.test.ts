import { expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { root } from '@marquee/testing/tools'
import { documentTextOf } from '../openapi/documents.ts'

/** Time of the generator and of the compiler on a busy machine, in milliseconds. */
const timeoutMs = 120_000
const folder = import.meta.dirname
const run = promisify(execFile)

// movie forwards the calls of rating.
test.each(['rating', 'movie'] as const)(
  'a client has the types of the document of %s, and its wrong calls have errors',
  async (name) => {
    await using generated = await temporaryFolder()
    const document = join(generated.path, 'openapi.json')
    await writeFile(document, await documentTextOf(name))
    await runProgram('openapi-typescript', document, '--output', join(generated.path, 'paths.ts'))
    const project = join(generated.path, 'tsconfig.json')
    await writeFile(project, JSON.stringify(configOf(generated.path)))
    await runProgram('tsc', '--project', project)
    expect(await readFile(join(generated.path, 'paths.ts'), 'utf8')).toContain('PutRatingBody')
  },
  timeoutMs,
)

/** Returns the compiler's options. The generated file appears beside the client. */
function configOf(generated: string) {
  return {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { rootDirs: [folder, generated], types: [], skipLibCheck: false },
    files: ['client.ts', 'misuse.ts'].map((name) => join(folder, name)),
  }
}

/** Runs a program of this package. Rejects with its output when it fails. */
async function runProgram(name: string, ...args: string[]): Promise<void> {
  const program = join(folder, 'node_modules', '.bin', name)
  await run(program, args, { timeout: timeoutMs }).catch(({ message, stdout }) => {
    throw new Error(`${message}\n${stdout}`)
  })
}
