import { expect, test } from 'bun:test'
import { attacks } from './service/catalogue.ts'
import { createMemoryGroup } from './service/memory-group.ts'
import { runAttack } from './service/run-attack.ts'

const mebibyte = 1024 ** 2
const memoryBytes = 512 * mebibyte
/** Long enough for each attack to run completely at least once. */
const durationMs = 2_000

test.each(attacks)(
  '$name: the services stay within 512 MiB, and other clients get responses',
  async (attack) => {
    const group = createMemoryGroup(memoryBytes)
    using memoryGroup = 'value' in group ? group.value : undefined
    const { exit, peakRssBytes, others } = await runAttack({ attack, durationMs, memoryGroup })
    expect(exit).toBeUndefined()
    expect(peakRssBytes).toBeLessThan(memoryBytes)
    expect(others).toMatchObject({ probeFailureCount: 0, watchLossCount: 0 })
    expect(others.probeCount).toBeGreaterThan(0)
  },
  60_000,
)
