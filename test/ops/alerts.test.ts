import { expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { root, tool } from '@marquee/testing/tools'
import { YAML } from 'bun'
import { firing, healthy, labels } from './firing.ts'

interface Rule {
  readonly alert: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const file = join(root, 'ops', 'alerts.yaml')
const { groups } = YAML.parse(await readFile(file, 'utf8')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)
const names = rules.map(({ alert }) => alert)

test('docs/operations.md says what to do about each alert, and about no other', async () => {
  const text = await readFile(join(root, 'docs', 'operations.md'), 'utf8')
  const headings = text.matchAll(/^### (Marquee\w+)$/gm)
  expect(Array.from(headings, ([, name]) => name)).toEqual(names)
})

describeWith(tool('promtool'), 'promtool', (promtool) => {
  const run = promisify(execFile)

  test('accepts the rules', async () => {
    const { stdout } = await run(promtool, ['check', 'rules', file])
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`)
  })

  test('finds that each alert fires when it should, and none when all is well', async () => {
    expect(Object.keys(firing)).toEqual(names)
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'test.yaml')
    const isQuiet = rules.map((rule) => alertTest(rule, []))
    const tests = [toTest(healthy, isQuiet), ...rules.map(firingTest)]
    // JSON is YAML.
    await writeFile(path, JSON.stringify({ rule_files: [file], evaluation_interval: '1m', tests }))
    const { stdout } = await run(promtool, ['test', 'rules', path])
    expect(stdout).toContain('SUCCESS')
  })
})

function firingTest(rule: Rule) {
  const { series = {}, labels: own = labels } = firing[rule.alert] ?? {}
  const expected = { exp_labels: { ...rule.labels, ...own }, exp_annotations: rule.annotations }
  return toTest(series, [alertTest(rule, [expected])])
}

function alertTest({ alert }: Rule, expected: readonly object[]) {
  return { alertname: alert, eval_time: '20m', exp_alerts: expected }
}

function toTest(series: Readonly<Record<string, string>>, tests: readonly object[]) {
  const input = Object.entries(series).map(([name, values]) => ({ series: name, values }))
  return { interval: '1m', input_series: input, alert_rule_test: tests }
}
