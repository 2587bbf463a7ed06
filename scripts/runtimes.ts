import type { RuntimeName } from '@marquee/testing/tools'

export const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']

/** The runtimes of these names. Throws an error for people when there is no such one. */
export function toRuntimes(names: readonly string[]): RuntimeName[] {
  return names.map((name) => {
    const known = runtimes.find((one) => one === name)
    if (known === undefined) throw new Error(`there is no runtime ${name}: ${runtimes.join(', ')}`)
    return known
  })
}
