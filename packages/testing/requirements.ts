import { describe, test } from 'bun:test'
import type { Found } from './tools.ts'

/**
 * `describe` for tests that need something that may be missing. The body gets it as its argument.
 * When it is missing, the tests are skipped as one, with the reason in the name. With
 * `REQUIRE_BACKENDS=1` they fail as one.
 */
export function describeWith<T>(found: Found<T>, name: string, body: (value: T) => void): void {
  if ('value' in found) describe(name, () => body(found.value))
  else declareMissing(name, found.missing)
}

/**
 * `describe` for a capability that an adapter may have. Without it, the tests are skipped as one,
 * with the reason in the name.
 */
export function describeClaimed(claimed: boolean, name: string, body: () => void): void {
  if (claimed) describe(name, body)
  else test.skip(`${name} (skipped: not among the adapter's capabilities)`, () => undefined)
}

/** `test` that needs something that may be missing, like `describeWith`. */
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
      throw new Error(`${reason} (REQUIRE_BACKENDS=1 does not allow skipping)`)
    })
  } else {
    test.skip(`${name} (skipped: ${reason})`, () => undefined)
  }
}
