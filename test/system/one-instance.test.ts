import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { startService } from './service-process.ts'

test.each(['metadata', 'rating'] as const)(
  'a second instance of %s on one SQLite file warns about the first, and works',
  async (service) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, `${service}.db`)
    const log = service === 'rating' ? ['--event-log', join(folder.path, 'events.db')] : []
    const args = ['--database-url', `sqlite:${path}`, ...log]
    await using first = await startService({ service, args })
    await using second = await startService({ service, args })
    const [line] = await second.program.waitForLine(/^.*another process uses .*$/m)
    expect(JSON.parse(line)).toMatchObject({
      level: 40,
      msg: `another process uses ${path} already: run one instance, or set DATABASE_URL=postgres://… for several`,
    })
    expect(first.program.stdout()).not.toContain('another process uses')
  },
)
