// The part of `bun:test` that the project's tests use, for runtimes without it.
import { format } from 'node:util'
import { expect } from 'expect'
import { declareHook, declareSuite, declareTest } from './runner.ts'

type Body = () => unknown

expect.extend({
  toStartWith: (received: unknown, start: string) => ({
    pass: String(received).startsWith(start),
    message: () => `expected it to start with ${start}\n${received}`,
  }),
  toEndWith: (received: unknown, end: string) => ({
    pass: String(received).endsWith(end),
    message: () => `expected it to end with ${end}\n${received}`,
  }),
})

export { expect }

export const describe = Object.assign(declareSuite, { each: eachOf(declareSuite) })

export const test = Object.assign(
  (name: string, body: Body, timeoutMs?: number) => declareTest(name, body, limit(timeoutMs)),
  {
    skip: (name: string, body: Body) => declareTest(name, body, { skipped: true }),
    each: eachOf((name, body, timeoutMs) => declareTest(name, body, limit(timeoutMs))),
  },
)

export const beforeAll = (body: Body, timeoutMs?: number) =>
  declareHook('beforeAll', body, timeoutMs)
export const afterAll = (body: Body, timeoutMs?: number) => declareHook('afterAll', body, timeoutMs)
export const beforeEach = (body: Body, timeoutMs?: number) =>
  declareHook('beforeEach', body, timeoutMs)
export const afterEach = (body: Body, timeoutMs?: number) =>
  declareHook('afterEach', body, timeoutMs)

function limit(timeoutMs: number | undefined): { timeoutMs?: number } {
  return timeoutMs === undefined ? {} : { timeoutMs }
}

function eachOf(declare: (name: string, body: Body, timeoutMs?: number) => void) {
  return (table: readonly unknown[]) =>
    (name: string, body: (...row: unknown[]) => unknown, timeoutMs?: number) => {
      for (const row of table) {
        const values = Array.isArray(row) ? row : [row]
        const placeholders = name.match(/%[sdifjoO]/g)?.length ?? 0
        const title = format(name, ...values.slice(0, placeholders))
        declare(title, () => body(...values), timeoutMs)
      }
    }
}
