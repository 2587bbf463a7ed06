import { type CodeKind, codeKind } from './code-kind.ts'
import type { Monitor } from './monitor.ts'
import { type CallRate, mergedRates, sum } from './rates.ts'

/** Figures of a method over one protocol, in all instances. */
export interface MethodRow {
  readonly method: string
  readonly protocol: string
  readonly perSecond: number
  /** Rate by kind of code. */
  readonly byKind: Readonly<Record<CodeKind, number>>
  /** Most frequent first. */
  readonly codes: readonly { readonly code: string; readonly count: number }[]
}

/** The called methods, sorted by name, so that rows stay in place while rates change. */
export function methodRows({ instances }: Monitor): MethodRow[] {
  const rates = mergedRates([...instances.values()].flatMap(({ calls }) => calls))
  const groups = Map.groupBy(rates, ({ method, protocol }) => `${method} ${protocol}`)
  return [...groups.values()]
    .flatMap((group) => rowOf(group) ?? [])
    .toSorted((a, b) => compare(a.method, b.method) || compare(a.protocol, b.protocol))
}

function rowOf(group: readonly CallRate[]): MethodRow | undefined {
  const [first] = group
  if (!first) return undefined
  const rateOf = (kind: CodeKind) =>
    sum(group.filter(({ code }) => codeKind(code) === kind).map(({ perSecond }) => perSecond))
  return {
    method: first.method,
    protocol: first.protocol,
    perSecond: sum(group.map(({ perSecond }) => perSecond)),
    byKind: { ok: rateOf('ok'), refused: rateOf('refused'), failed: rateOf('failed') },
    codes: group.map(({ code, count }) => ({ code, count })).toSorted((a, b) => b.count - a.count),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
