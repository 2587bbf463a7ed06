import { testing } from './import-rules.ts'
import { lineAt } from './imports.ts'
import type { Source } from './source.ts'

const lineCountMax = { product: 300, testing: 500 }

/** Files that are whole only when they are longer, with the reason. */
const longFiles: Readonly<Record<string, string>> = {}

/**
 * Files that may read a process's flags and environment: programs that a person starts, and the
 * config.ts of each service.
 */
const program = /(^|\/)(main|dev|config|edge|health-check)\.ts$|^(producers|scripts|bench)\//
const runtimeFile = /(^|[/-])(bun|deno|node)(-[\w-]+)?\.ts$/

/** Code that no file may hold, with what to do instead. */
const codeRules = [
  {
    pattern: /\bprocess\.(env|argv)\b|\bDeno\.(env|args)\b|\bBun\.(env|argv)\b/g,
    allowed: program,
    advice: 'flags and environment are read in config.ts: take it as an argument',
  },
  {
    pattern: /(?<![\w$.])(Bun|Deno)\.\w+/g,
    allowed: runtimeFile,
    advice: 'use a Web or node: API, or a file named for the runtime (…-bun.ts)',
  },
]

export function fileProblems(source: Source): string[] {
  return [...nameProblems(source.path), ...lengthProblems(source), ...codeProblems(source)]
}

function nameProblems(path: string): string[] {
  const kind = path.match(/(?:^|\/)(utils?|helpers?|types?|common|misc|index)(?:\.ts$|\/)/)?.[1]
  return kind ? [`${path}:1 is named by a kind (${kind}): name it by its idea`] : []
}

function lengthProblems({ path, lineCount }: Source): string[] {
  const max = testing.test(path) ? lineCountMax.testing : lineCountMax.product
  if (lineCount <= max || path in longFiles) return []
  return [`${path}:${lineCount} is longer than ${max} lines: split it at an idea`]
}

function codeProblems({ path, code }: Source): string[] {
  if (testing.test(path)) return []
  return codeRules
    .filter(({ allowed }) => !allowed.test(path))
    .flatMap(({ pattern, advice }) =>
      [...code.matchAll(pattern)].map(
        ({ 0: found, index }) => `${path}:${lineAt(code, index)} reads ${found}: ${advice}`,
      ),
    )
}
