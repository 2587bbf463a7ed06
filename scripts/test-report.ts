import { stripVTControlCharacters } from 'node:util'

/** The outcome of a run of `bun test`. */
export interface TestReport {
  readonly passed: number
  readonly failed: number
  /** Names of the failed tests that ran. */
  readonly failures: readonly string[]
  /** Names of the skipped tests. The reason is part of the name. */
  readonly skipped: readonly string[]
  /** Duration of each file, in seconds. */
  readonly secondsByFile: ReadonlyMap<string, number>
}

export const noTests: TestReport = {
  passed: 0,
  failed: 0,
  failures: [],
  skipped: [],
  secondsByFile: new Map(),
}

const summaryPattern = /^ *(\d+) pass\n(?: *\d+ \w.*\n)*Ran \d+ tests? across/gm
const failedPattern = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<failure/g
const skippedPattern = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped/g
const filePattern = /<testsuite name="([^"]*)" file="\1"[^>]* time="([\d.]+)"/g

/**
 * Reads the output of a finished `bun test`. The printed summary also counts files that could not
 * be loaded, which the JUnit file omits. The JUnit file names the failed and the skipped tests,
 * which the output may omit. Without a summary the process ended early, which is a failure whatever
 * the exit code. An exit code other than 0 is always a failure.
 */
export function readTestReport(printed: string, junit: string, exitCode: number): TestReport {
  const summary = [...stripVTControlCharacters(printed).matchAll(summaryPattern)].at(-1)
  if (!summary) return { ...noTests, failed: 1 }
  const passed = Number(summary[1])
  const failed = Number(/^ *(\d+) fail$/m.exec(summary[0])?.[1] ?? 0)
  const files = [...junit.matchAll(filePattern)]
  return {
    passed,
    failed: exitCode === 0 ? failed : Math.max(failed, 1),
    failures: readNames(junit, failedPattern),
    skipped: readNames(junit, skippedPattern),
    secondsByFile: new Map(files.map(([, file = '', seconds]) => [file, Number(seconds)])),
  }
}

export function sum(reports: readonly TestReport[]): TestReport {
  return reports.reduce((a, b) => ({
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    failures: [...a.failures, ...b.failures],
    skipped: [...a.skipped, ...b.skipped],
    secondsByFile: new Map([...a.secondsByFile, ...b.secondsByFile]),
  }))
}

/** Formats the slowest files, one per line, with their seconds. */
export function describeSlowest({ secondsByFile }: TestReport, count: number): string {
  const slowest = [...secondsByFile].sort(([, a], [, b]) => b - a).slice(0, count)
  return slowest.map(([file, seconds]) => `${seconds.toFixed(1).padStart(7)} s  ${file}`).join('\n')
}

function readNames(junit: string, pattern: RegExp): string[] {
  return [...junit.matchAll(pattern)].map(([, name = '', group = '']) =>
    unescapeXml(group === '' ? name : `${group} > ${name}`),
  )
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
