import { expect, test } from 'bun:test'
import { readSettings } from './settings.ts'
import { readTrafficSettings } from './traffic-settings.ts'

function read(...args: string[]) {
  const settings = readSettings('a test', { args, env: {} })
  const traffic = readTrafficSettings(settings)
  settings.finish()
  return traffic
}

test('an idle time-out holds for both versions of HTTP', () => {
  const { http1, http2 } = read('--idle-timeout-ms', '620000')
  expect([http1.idleTimeoutMs, http2.idleTimeoutMs]).toEqual([620_000, 620_000])
})

test('a heartbeat of 0 is none', () => {
  expect(read('--heartbeat-ms', '0').rpcLimits.heartbeatMs).toBeUndefined()
  expect(read('--heartbeat-ms', '40000').rpcLimits.heartbeatMs).toBe(40_000)
  expect(read().rpcLimits.heartbeatMs).toBeGreaterThan(0)
})

test('what is out of its bounds is refused', () => {
  expect(() => read('--heartbeat-ms', '-1')).toThrow('--heartbeat-ms')
  expect(() => read('--idle-timeout-ms', '10')).toThrow('--idle-timeout-ms')
})
