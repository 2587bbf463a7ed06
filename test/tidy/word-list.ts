/**
 * Prints what the writing guide does not let pass, by place: `bun run tidy:words [FOLDER …]`. Exits with 1 when there is
 * something.
 */
import { root } from '@marquee/testing/tools'
import { readWordProblems } from './read-words.ts'

const folders = process.argv.slice(2).map((folder) => folder.replace(/^\.\/|\/$/g, ''))
const problems = readWordProblems(root).filter(
  ({ path }) =>
    folders.length === 0 ||
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`)),
)
for (const { path, line, message } of problems) {
  process.stdout.write(`${path}:${line} ${message}\n`)
}
process.stdout.write(`${problems.length} found\n`)
process.exitCode = problems.length > 0 ? 1 : 0
