import { describe, expect, test } from 'bun:test'
import type { NetworkInterfaceInfo } from 'node:os'
import { advertisedHost } from '../process/advertise.ts'
import { FlagsError, readFlags } from './flags.ts'
import { readConsulConfig } from './registry.ts'
import { readHosts } from './service.ts'

const consul = { CONSUL_HTTP_ADDR: '127.0.0.1:8500' }

function read(env: Record<string, string>, args: string[] = []) {
  const flags = readFlags('program', { args, env })
  const config = readConsulConfig(flags, readHosts(flags).advertise)
  flags.finish()
  return config
}

test('without an address there is no Consul, whatever the other flags are', () => {
  expect(read({ CONSUL_HTTP_TOKEN: 'secret', CONSUL_HTTP_SSL: 'true' })).toBeUndefined()
})

test('with an address alone the rest has its defaults', () => {
  expect(read(consul)).toEqual({
    kind: 'consul',
    url: 'http://127.0.0.1:8500',
    token: undefined,
    tokenFile: undefined,
    httpAuth: undefined,
    namespace: undefined,
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    tlsServerName: undefined,
    verifiesTls: true,
    prefix: '',
    advertise: '127.0.0.1',
    check: 'grpc',
    checkIntervalMs: 5_000,
    deregisterAfterMs: 60_000,
    graceMs: 30_000,
    waitMs: 30_000,
  })
})

test('the variables of the environment are those that Consul itself has', () => {
  const env = {
    CONSUL_HTTP_ADDR: 'consul.test:8501',
    CONSUL_HTTP_TOKEN: 'secret',
    CONSUL_HTTP_TOKEN_FILE: '/run/token',
    CONSUL_HTTP_AUTH: 'ada:pass',
    CONSUL_HTTP_SSL: '1',
    CONSUL_HTTP_SSL_VERIFY: 'false',
    CONSUL_CACERT: 'ca.pem',
    CONSUL_CLIENT_CERT: 'cert.pem',
    CONSUL_CLIENT_KEY: 'key.pem',
    CONSUL_TLS_SERVER_NAME: 'server.dc1.consul',
    CONSUL_NAMESPACE: 'films',
  }
  expect(read(env)).toMatchObject({
    url: 'https://consul.test:8501',
    token: 'secret',
    tokenFile: '/run/token',
    httpAuth: 'ada:pass',
    verifiesTls: false,
    caFile: 'ca.pem',
    certFile: 'cert.pem',
    keyFile: 'key.pem',
    tlsServerName: 'server.dc1.consul',
    namespace: 'films',
  })
})

describe('the address', () => {
  test.each([
    ['localhost', 'http://localhost:8500'],
    ['localhost:80', 'http://localhost'],
    ['10.0.0.1:18500', 'http://10.0.0.1:18500'],
    ['[::1]', 'http://[::1]:8500'],
    ['[::1]:8500', 'http://[::1]:8500'],
    ['http://consul.test', 'http://consul.test'],
    ['http://consul.test:8500/', 'http://consul.test:8500'],
    ['https://proxy.test/consul/', 'https://proxy.test/consul'],
  ])('%s is %s', (address, url) => {
    expect(read({ CONSUL_HTTP_ADDR: address })).toMatchObject({ url })
  })

  test.each([
    ['localhost:8500', 'https://localhost:8500'],
    ['http://localhost:8500', 'https://localhost:8500'],
    ['https://localhost', 'https://localhost'],
  ])('%s with CONSUL_HTTP_SSL is %s', (address, url) => {
    const env = { CONSUL_HTTP_ADDR: address, CONSUL_HTTP_SSL: 'true' }
    expect(read(env)).toMatchObject({ url })
  })

  test.each([
    'unix:///run/consul.sock',
    'ftp://consul.test',
    '::1',
    'localhost:many',
    'http://consul.test/?a=b',
  ])('%s is refused', (address) => {
    expect(() => read({ CONSUL_HTTP_ADDR: address })).toThrow(`--consul-http-addr is "${address}"`)
  })
})

test.each([
  'http://user:s3cret@consul.test:8500',
  'http://:s3cret@consul.test',
  'http://s3cret@consul.test',
  'user:s3cret@consul.test:8500',
  'user:s3cret@consul.test:many',
])('%s is refused as an address, and is not repeated in the error', (address) => {
  const [problem, ...others] = problemsOf(() => read({ CONSUL_HTTP_ADDR: address }))
  expect(problem).toContain('--consul-http-auth')
  expect(problem).not.toContain('s3cret')
  expect(others).toEqual([])
})

describe('the advertised host', () => {
  test.each([
    ['box-1', 'box-1'],
    ['10.0.0.5', '10.0.0.5'],
    ['::1', '::1'],
    ['[fd00::5]', 'fd00::5'],
  ])('%s is accepted', (given, advertise) => {
    expect(read({ ...consul, ADVERTISE: given })).toMatchObject({ advertise })
  })

  test.each(['box-1:8082', 'http://box-1', 'box/1', 'a b'])('%s is refused', (given) => {
    expect(() => read({ ...consul, ADVERTISE: given })).toThrow('without a port')
  })

  const info = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
    ({ address, family, internal }) as NetworkInterfaceInfo
  const lo = [info('127.0.0.1', 'IPv4', true), info('::1', 'IPv6', true)]
  const eth0 = [info('fe80::1', 'IPv6'), info('fd00::5', 'IPv6'), info('10.0.0.5', 'IPv4')]
  test.each([
    ['the host listened on', '192.168.0.7', { lo, eth0 }, '192.168.0.7'],
    [
      'the first address of every one, not of this machine alone',
      '0.0.0.0',
      { lo, eth0 },
      '10.0.0.5',
    ],
    ['an IPv6 address without any other', '::', { lo, eth0: eth0.slice(0, 2) }, 'fd00::5'],
    ["the machine's name without any address", '0.0.0.0', { lo, eth0: eth0.slice(0, 1) }, 'box-1'],
  ])('is by default %s', (_, host, interfaces, advertise) => {
    expect(advertisedHost(host, { hostname: 'box-1', interfaces })).toBe(advertise)
  })
})

test('all problems are listed at once', () => {
  const bad = {
    CONSUL_HTTP_ADDR: 'unix:///run/consul.sock',
    CONSUL_CLIENT_CERT: 'cert.pem',
    CONSUL_HTTP_SSL: 'maybe',
    CONSUL_CHECK: 'http',
    CONSUL_CHECK_INTERVAL_MS: '10',
    CONSUL_SERVICE_PREFIX: 'a b',
    ADVERTISE: 'http://box-1',
  }
  expect(problemsOf(() => read(bad))).toHaveLength(Object.keys(bad).length)
})

function problemsOf(attempt: () => unknown): string[] {
  try {
    attempt()
    return []
  } catch (error) {
    if (!(error instanceof FlagsError)) throw error
    return error.message.split('\n')
  }
}
