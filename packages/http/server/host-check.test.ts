import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { createHostCheck, openHostCheck } from './host-check.ts'

const local = { host: '127.0.0.1', advertise: '127.0.0.1', allowedHosts: [] }

test.each([
  'localhost',
  'LocalHost:8081',
  'localhost.',
  'movies.localhost:8083',
  '127.0.0.1:8081',
  '127.8.9.10',
  '[::1]:8081',
  '[::ffff:127.0.0.1]:80',
  '',
])('"%s" is a host of every service', (authority) => {
  expect(createHostCheck([]).accepts(authority)).toBe(true)
})

test.each([
  'evil.test',
  'evil.test:8081',
  'localhost.evil.test',
  '127.0.0.1.evil.test',
  '127.evil.test',
  'evillocalhost',
  '10.0.0.5:8081',
  '0.0.0.0:8081',
  '[::]:8081',
  '[fd00::5]',
  'localhost#.evil.test',
  'localhost@evil.test',
])('%s is no host of a service that does not allow it', (authority) => {
  expect(createHostCheck([]).accepts(authority)).toBe(false)
})

test('the allowed hosts of a service are accepted at any port', () => {
  const hosts = createHostCheck(['Movies.Example', '10.0.0.5', 'fd00::5', '[fd00::6]'])
  for (const authority of ['movies.example:443', '10.0.0.5', '[fd00::5]:8081', '[FD00:0::6]']) {
    expect([authority, hosts.accepts(authority)]).toEqual([authority, true])
  }
  expect(hosts.accepts('other.example')).toBe(false)
})

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])(
  'a service that listens on %s checks the hosts of its requests',
  async (host) => {
    const hosts = await openHostCheck({ ...local, host, advertise: 'box-1' })
    expect(hosts?.accepts('box-1:8081')).toBe(true)
    expect(hosts?.accepts('evil.test')).toBe(false)
  },
)

test('a service that listens elsewhere checks hosts when it has a list of them', async () => {
  const elsewhere = { host: '0.0.0.0', advertise: '10.0.0.5', allowedHosts: [] }
  expect(await openHostCheck(elsewhere)).toBeUndefined()
  const hosts = await openHostCheck({ ...elsewhere, allowedHosts: ['movies.example'] })
  for (const authority of ['movies.example', '10.0.0.5:8081', 'localhost:8081']) {
    expect([authority, hosts?.accepts(authority)]).toEqual([authority, true])
  }
  expect(hosts?.accepts('evil.test')).toBe(false)
})

test('an asterisk allows any host', async () => {
  expect(await openHostCheck({ ...local, allowedHosts: ['*'] })).toBeUndefined()
})

alsoOnDenoAndNode(import.meta.filename)
