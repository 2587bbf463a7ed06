import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLoopback, readAdmin, readAuthOptions, readServiceIdentity } from './auth.ts'
import { FlagsError, readFlags } from './flags.ts'
import { readServiceOptions } from './service.ts'

const folder = mkdtempSync(join(tmpdir(), 'marquee-auth-'))
const keySet = join(folder, 'keys.json')
const notKeys = join(folder, 'keys.pem')
const oneKey = join(folder, 'movie.jwk')

beforeAll(() => {
  writeFileSync(keySet, '{"keys":[]}')
  writeFileSync(notKeys, '-----BEGIN PRIVATE KEY-----')
  writeFileSync(oneKey, '{"kty":"EC","d":"…"}')
})

afterAll(() => rmSync(folder, { recursive: true }))

function read(host: string, ...args: string[]) {
  const flags = readFlags('test', { args, env: {} })
  const options = { ...readAuthOptions(flags, host), admin: readAdmin(flags) }
  flags.finish()
  return options
}

test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost', '[::1]'])(
  'a service at %s may be open',
  (host) => {
    expect(read(host).tokens).toBeUndefined()
    expect(isLoopback(host)).toBe(true)
  },
)

test.each([
  '0.0.0.0',
  '::',
  '10.0.0.5',
  'box-1',
  '::ffff:127.0.0.1',
  '128.0.0.1',
  '127.evil.example',
])('a service at %s needs issuers, or --insecure', (host) => {
  expect(() => read(host)).toThrow('which other machines reach: set --auth-issuer')
  expect(read(host, '--insecure').isInsecure).toBe(true)
  const issuer = ['--auth-issuer', 'https://id.example', '--auth-audience', 'marquee']
  expect(read(host, ...issuer).tokens?.issuers).toHaveLength(1)
})

test('several issuers have their keys at a URL, in a file, or by discovery', () => {
  const { tokens } = read(
    '127.0.0.1',
    ...['--auth-issuer', 'https://a.example,b,https://c.example'],
    ...['--auth-jwks', `https://a.example/keys,${keySet}`],
    ...['--auth-audience', 'marquee, other'],
  )
  expect(tokens).toMatchObject({
    issuers: [
      { name: 'https://a.example', keys: { url: 'https://a.example/keys' } },
      { name: 'b', keys: { file: keySet } },
      { name: 'https://c.example', keys: { discovery: 'https://c.example' } },
    ],
    audiences: ['marquee', 'other'],
    rolesClaim: 'roles',
    clockToleranceSeconds: 5,
  })
})

test.each([
  [['--auth-issuer', 'https://a.example'], '--auth-issuer needs --auth-audience'],
  [['--auth-audience', 'marquee'], '--auth-jwks and --auth-audience need --auth-issuer'],
  [['--auth-issuer', 'a', '--auth-audience', 'm'], '--auth-issuer has "a", which is no URL'],
  [
    ['--auth-issuer', 'http://id.example', '--auth-audience', 'm'],
    'keys that come by http can be forged',
  ],
  [
    ['--auth-issuer', 'a', '--auth-jwks', 'x,y', '--auth-audience', 'm'],
    '--auth-jwks names more sources than --auth-issuer',
  ],
  [['--auth-algorithms', 'HS256'], '--auth-algorithms has "HS256": give some of RS256'],
  [['--auth-algorithms', 'none'], '--auth-algorithms has "none"'],
  [['--insecure', 'perhaps'], '--insecure is "perhaps": give true or false'],
  [['--admin-port', '70000'], '--admin-port is "70000": give a whole number'],
])('%p are refused', (args, message) => {
  expect(() => read('127.0.0.1', ...args)).toThrow(message)
  expect(() => read('127.0.0.1', ...args)).toThrow(FlagsError)
})

test.each([
  ['/nowhere/keys.json', '--auth-jwks has "/nowhere/keys.json": ENOENT'],
  [notKeys, 'that is no JSON Web Key Set: it is not JSON'],
  [oneKey, 'that is no JSON Web Key Set: it has no list "keys"'],
])('a service does not start with %s as the keys of an issuer', (file, message) => {
  const args = ['--auth-issuer', 'a', '--auth-jwks', file, '--auth-audience', 'marquee']
  expect(() => read('127.0.0.1', ...args)).toThrow(message)
})

test.each([
  ['/nowhere/movie.jwk', '--service-key is "/nowhere/movie.jwk": ENOENT'],
  [notKeys, 'that is no private JSON Web Key: create one by "bun run service-key FOLDER"'],
  [keySet, 'that is no private JSON Web Key'],
])('a service does not start with %s as its own key', (file, message) => {
  expect(() => readIdentity(file)).toThrow(message)
})

test('a service has the first audience in its own tokens', () => {
  expect(readIdentity(oneKey)).toMatchObject({ issuer: 'marquee', audience: 'marquee' })
})

function readIdentity(file: string) {
  const args = ['--auth-issuer', 'https://id.example', '--auth-audience', 'marquee,other']
  const flags = readFlags('test', { args: [...args, '--service-key', file], env: {} })
  const identity = readServiceIdentity(flags, 'movie', readAuthOptions(flags, '127.0.0.1'))
  flags.finish()
  return identity
}

test('the admin port is not the port of the service, on the same address', () => {
  const read = (...args: string[]) => {
    const flags = readFlags('test', { args: ['--insecure', ...args], env: {} })
    readServiceOptions(flags, 8083)
    flags.finish()
  }
  const text = '--admin-port is 8083, and so is --port: give operators a port of their own'
  expect(() => read('--admin-port', '8083')).toThrow(text)
  expect(() => read('--admin-port', '8083', '--host', '0.0.0.0')).toThrow(text)
  expect(() => read('--admin-port', '8083', '--admin-host', '::')).toThrow(text)
  read('--admin-port', '8083', '--host', '10.0.0.5')
  read('--admin-port', '0', '--port', '0')
  read('--admin-port', '9093')
})

test('the admin port is on this machine unless it is told otherwise', () => {
  expect(read('127.0.0.1').admin).toBeUndefined()
  expect(read('127.0.0.1', '--admin-port', '9090').admin).toEqual({ host: '127.0.0.1', port: 9090 })
})
