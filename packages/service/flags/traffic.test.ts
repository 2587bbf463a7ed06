import { expect, test } from 'bun:test'
import { http2Limits } from '@marquee/http/http2/limits'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { readFlags } from './flags.ts'
import { readTrafficOptions } from './traffic.ts'

function read(...args: string[]) {
  const flags = readFlags('a test', { args, env: {} })
  const traffic = readTrafficOptions(flags)
  flags.finish()
  return traffic
}

test('an idle time-out holds for both versions of HTTP', () => {
  const { http1, http2 } = read('--idle-timeout-ms', '620000')
  expect([http1.idleTimeoutMs, http2.idleTimeoutMs]).toEqual([620_000, 620_000])
})

test('the age of a connection holds for both versions of HTTP', () => {
  const { http1, http2 } = read('--connection-age-ms', '60000')
  expect([http1.ageMaxMs, http2.ageMaxMs]).toEqual([60_000, 60_000])
  expect(read().http2.ageMaxMs).toBe(http2Limits.ageMaxMs)
})

test('the size of a message and the time of a unary call are set by flags', () => {
  const { rpcLimits } = read('--message-bytes-max', '8388608', '--unary-timeout-ms=5000')
  expect([rpcLimits.messageBytesMax, rpcLimits.unaryTimeoutMs]).toEqual([8_388_608, 5_000])
  expect(() => read('--message-bytes-max', '1')).toThrow('from 1024 to 1073741824')
})

test('a heartbeat of 0 is none', () => {
  expect(read('--heartbeat-ms', '0').rpcLimits.heartbeatMs).toBeUndefined()
  expect(read('--heartbeat-ms', '40000').rpcLimits.heartbeatMs).toBe(40_000)
  expect(read().rpcLimits.heartbeatMs).toBeGreaterThan(0)
})

test('values out of bounds are refused', () => {
  expect(() => read('--heartbeat-ms', '-1')).toThrow('--heartbeat-ms')
  expect(() => read('--idle-timeout-ms', '10')).toThrow('--idle-timeout-ms')
})

test('the rate limits of HTTP/2 connections are set by flags', () => {
  const { http2 } = read('--http2-resets-burst', '50000', '--http2-idle-frames-per-second', '9')
  expect(http2.resets).toEqual({ ...http2Limits.resets, burst: 50_000 })
  expect(http2.idleFrames).toEqual({ ...http2Limits.idleFrames, perSecond: 9 })
})

test('trusted proxies are addresses and networks of both versions', () => {
  const { has } = read('--trusted-proxies', '10.0.0.0/8, ::1,192.0.2.7').trustedProxies
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '::1', '192.0.2.7']) {
    expect([address, has(address)]).toEqual([address, true])
  }
  for (const address of ['11.0.0.1', '::2', '192.0.2.8', '', 'localhost']) {
    expect([address, has(address)]).toEqual([address, false])
  }
  expect(read().trustedProxies.has('127.0.0.1')).toBe(false)
})

test.each(['10.0.0.0/33', 'proxy.example', '10.0.0.0/8/8', '10.0.0.1,', '::1/x', '10.0.0.0/'])(
  'a proxy that is no address is refused by name: %s',
  (text) => {
    expect(() => read('--trusted-proxies', text)).toThrow('--trusted-proxies: "')
  },
)

test('rates are calls per seconds', () => {
  expect(read().rates).toBeUndefined()
  expect(read('--rate-calls', '600/60', '--rate-writes=1/86400').rates).toEqual({
    calls: { count: 600, seconds: 60 },
    writes: { count: 1, seconds: 86_400 },
  })
})

test.each(['600', '0/60', '5/0', '5/86401', '-1/60', '1.5/60', '60/1m', '9999999999/1'])(
  'a rate of "%s" is refused by name',
  (rate) => {
    expect(() => read(`--rate-streams=${rate}`)).toThrow(`--rate-streams is "${rate}": give calls/`)
  },
)

test('the header of trusted proxies is one of two', () => {
  expect(read().forwardedHeader).toBe('x-forwarded-for')
  expect(read('--forwarded-header', 'forwarded').forwardedHeader).toBe('forwarded')
  expect(() => read('--forwarded-header', 'x-real-ip')).toThrow('--forwarded-header')
})

alsoOnDenoAndNode(import.meta.filename)
