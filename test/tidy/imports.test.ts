import { describe, expect, test } from 'bun:test'
import { codeOnly, scanImports } from './imports.ts'

describe('an import is seen, with its kind and line, when it is', () => {
  test.each([
    ['a named import', `import { a, type B } from './x.ts'`, false],
    ['a default and a namespace import', `import a, * as b from "./x.ts"`, false],
    ['an import for its effect', `import './x.ts'`, false],
    ['spread over lines', `import {\n  a, // from 'y'\n  b,\n} from './x.ts'`, false],
    ['a type import', `import type { A } from './x.ts'`, true],
    ['a type import of a namespace', `import type * as A from './x.ts'`, true],
    ['an import of something called type', `import type from './x.ts'`, false],
    ['a re-export', `export { a } from './x.ts'`, false],
    ['a re-export of types', `export type { A } from './x.ts'`, true],
    ['dynamic', `const x = await import('./x.ts')`, false],
    ['in the code of a template', `const x = \`a \${await import("./x.ts")} b\``, false],
    ['resolved', `const x = import.meta.resolve('./x.ts')`, false],
    ['behind a regular expression with a quote', `const r = /['"\`]/\nimport './x.ts'`, false],
    ['behind one with a star', `const r = /a*'/\nimport './x.ts'`, false],
    ['behind a division', `const half = total / 2 + 'a/'.length\nimport './x.ts'`, false],
    ['with attributes', `import x from './x.ts' with { type: 'json' }`, false],
  ])('%s', (_, source, typeOnly) => {
    const line = source.split('\n').length
    expect(scanImports(source)).toEqual([{ specifier: './x.ts', typeOnly, line }])
  })
})

describe('no import is seen in', () => {
  test.each([
    ['a comment', `// import './x.ts'\n/*\nimport './x.ts'\n*/`],
    ['a string', `const a = "import('./x.ts')"`],
    ['a template', "const a = `\nimport './x.ts'\n`"],
    ['an export with a value', `export const a = 'b'\nexport type From = 'from'`],
    ['a method of that name', `health.require('./x.ts')`],
    ['import.meta', `const a = import.meta.dirname + './x.ts'`],
    ['a regular expression', `const a = /import('.')/`],
  ])('%s', (_, source) => {
    expect(scanImports(source)).toEqual([])
  })
})

test('the imports of a file are in the order of its lines', () => {
  const source = `import a from 'a'\nconst b = import('b')\nexport { c } from 'c'\n`
  expect(scanImports(source).map(({ specifier, line }) => [specifier, line])).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ])
})

test('what is not code is blank, and nothing moves', () => {
  const source = `a("b") // c\n\`d \${e} f\``
  expect(codeOnly(source)).toBe(`a(" ")     \n\`  \${e}  \``)
})
