import type { RuntimeName } from '@marquee/testing/tools'

export const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']

/** Returns the runtimes with these names. Throws an error for the user when a name is unknown. */
export function toRuntimes(names: readonly string[]): RuntimeName[] {
  return names.map((name) => {
    const known = runtimes.find((one) => one === name)
    if (known === undefined)
      throw new Error(`unknown runtime ${name}: choose from ${runtimes.join(', ')}`)
    return known
  })
}
