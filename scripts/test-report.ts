import { stripVTControlCharacters } from 'node:util'

/** What a run of `bun test` comes to. */
export interface TestReport {
  readonly passed: number
  readonly failed: number
  /** The names of the tests that were skipped; the reason is part of the name. */
  readonly skipped: readonly string[]
}

const summaryPattern = /^ *(\d+) pass\n(?: *\d+ \w.*\n)*Ran \d+ tests? across/gm
const skippedPattern = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped/g

/**
 * Reads a finished `bun test`. Its printed summary counts what the JUnit file leaves out (a file
 * that could not be loaded); the JUnit file names what was skipped, where the printed lines may be
 * left out. Without a summary the process ended in the middle, whatever its exit code; and an exit
 * code other than 0 is never a success.
 */
export function readTestReport(printed: string, junit: string, exitCode: number): TestReport {
  const summary = [...stripVTControlCharacters(printed).matchAll(summaryPattern)].at(-1)
  if (!summary) return { passed: 0, failed: 1, skipped: [] }
  const passed = Number(summary[1])
  const failed = Number(/^ *(\d+) fail$/m.exec(summary[0])?.[1] ?? 0)
  const skipped = [...junit.matchAll(skippedPattern)].map(([, name = '', group = '']) =>
    unescapeXml(group === '' ? name : `${group} > ${name}`),
  )
  return { passed, failed: exitCode === 0 ? failed : Math.max(failed, 1), skipped }
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
