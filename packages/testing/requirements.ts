import { describe, test } from 'bun:test'
import type { Found } from './tools.ts'

/**
 * `describe` for tests that need what may be absent; they are given it. When it is absent they are
 * skipped as one, with the reason in the name, or fail as one when `REQUIRE_BACKENDS=1`.
 */
export function describeWith<T>(found: Found<T>, name: string, body: (value: T) => void): void {
  if ('value' in found) describe(name, () => body(found.value))
  else declareMissing(name, found.missing)
}

/** `describe` for what an adapter may claim. When it does not, the tests are skipped as one, with the reason in the name. */
export function describeClaimed(claimed: boolean, name: string, body: () => void): void {
  if (claimed) describe(name, body)
  else test.skip(`${name} (skipped: not among the adapter's capabilities)`, () => undefined)
}

/** `test` for one that needs what may be absent, as `describeWith`. */
export function testWith<T>(
  found: Found<T>,
  name: string,
  body: (value: T) => void | Promise<void>,
  timeoutMs?: number,
): void {
  if ('value' in found) test(name, () => body(found.value), timeoutMs)
  else declareMissing(name, found.missing)
}

function declareMissing(name: string, reason: string): void {
  if (process.env.REQUIRE_BACKENDS === '1') {
    test(name, () => {
      throw new Error(`${reason} (and REQUIRE_BACKENDS=1 forbids to skip)`)
    })
  } else {
    test.skip(`${name} (skipped: ${reason})`, () => undefined)
  }
}
