import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documentProblems, sourceProblems, type WordProblem } from './words.ts'

const folders = ['packages', 'services', 'apps', 'producers', 'scripts', 'test', 'bench', 'docs']

/** Checks all sources and documents, without the places that quote what is forbidden. */
export function readWordProblems(root: string): WordProblem[] {
  const paths = globSync(['*.md', ...folders.map((folder) => `${folder}/**/*.{ts,tsx,md}`)], {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|gen|dist)(\/|$)/.test(path),
  })
  return paths
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path !== 'CONTRIBUTING.md' && !path.startsWith('test/tidy/words'))
    .sort()
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return path.endsWith('.md') ? documentProblems(path, text) : sourceProblems(path, text)
    })
}
