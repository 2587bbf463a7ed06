import { expect, test } from 'bun:test'
import { describeWith } from '../requirements.ts'
import { startConsul } from './consul.ts'
import { identify } from './processes.ts'
import { installed } from './shared.ts'

describeWith(installed('consul'), 'a Consul that a test starts', () => {
  test('a Consul is empty after a kill and a restart, independent of a second one', async () => {
    await using consul = await startConsul()
    await using other = await startConsul()
    expect(other.address).not.toBe(consul.address)
    const key = `http://${consul.address}/v1/kv/kept`
    expect((await fetch(key, { method: 'PUT', body: 'value' })).status).toBe(200)
    expect((await fetch(key)).status).toBe(200)

    const pid = consul.pid ?? 0
    await consul.kill()
    expect(identify(pid)).toBeUndefined()
    await expect(fetch(key)).rejects.toThrow()
    await consul.start()

    expect((await fetch(key)).status).toBe(404)
  })

  test('a Consul that cannot start reports the end of its log', async () => {
    const start = startConsul({ args: ['-no-such-flag'] })
    await expect(start).rejects.toThrow(/ended before it was ready[\s\S]*no-such-flag/)
  })
})
