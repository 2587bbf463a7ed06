/** One import of a source file. */
export interface Import {
  /** As written: `./port.ts`, `hono`, `node:net`. */
  readonly specifier: string
  /** Gone when the program runs: `import type`, `export type … from`. */
  readonly typeOnly: boolean
  /** Its line, from 1. */
  readonly line: number
}

const comment = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`
const quoted = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`
const template = '`(?:\\\\[\\s\\S]|[^`\\\\])*`'
// Comments are tried first. A slash begins a regular expression only where an operand may stand.
const operandPosition = String.raw`(?<=(?:^|[=(,:;!&|?{}[\n]|=>|\breturn)\s*)`
const regExp = String.raw`${operandPosition}\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/`
const notCode = new RegExp([comment, quoted, template, regExp].join('|'), 'g')

const statement =
  /^[ \t]*(?:import|export)\b([\w$\s,*{}]*?)(?:\bfrom\s*|(?<=\bimport\s*))(['"]) *\2/gm
const call = /(?<![\w$.])(?:import|require|import\.meta\.resolve|require\.resolve)\(\s*(['"]) *\1/g

/**
 * The source with everything that is not code turned into blanks of the same length: comments, the
 * insides of strings and regular expressions, and the text of templates (not the code in them).
 * Lines and positions stay.
 */
export function codeOnly(source: string): string {
  return source.replace(notCode, (found) => {
    const mark = found.charAt(0)
    if (mark === '/') return blank(found)
    if (mark === '`')
      return found.replace(/\$\{[^}]*\}|[^`]/g, (part) =>
        part.length > 1 ? codeOnly(part) : blank(part),
      )
    return mark + blank(found.slice(1, -1)) + mark
  })
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}

/** All imports: static, dynamic with a literal name, re-exports, and names that are resolved. */
export function scanImports(source: string): Import[] {
  const code = codeOnly(source)
  const at = (index: number, found: string, typeOnly: boolean): Import => {
    const end = index + found.length - 1
    const start = code.lastIndexOf(found.slice(-1), end - 1) + 1
    return { specifier: source.slice(start, end), typeOnly, line: lineAt(code, end) }
  }
  const statements = [...code.matchAll(statement)].map((match) =>
    at(match.index, match[0], /^\s*type\s+(?!,|$)/.test(match[1] ?? '')),
  )
  const calls = [...code.matchAll(call)].map((match) => at(match.index, match[0], false))
  return [...statements, ...calls].sort((a, b) => a.line - b.line)
}

/** The line of a position, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
