import { describe, expect, test } from 'bun:test'
import { parseDatabaseUrl, publicPostgresUrl } from './database-url.ts'

describe('database URLs', () => {
  test('a database URL names memory, a file or a server', () => {
    expect(parseDatabaseUrl('memory:')).toEqual({ kind: 'memory' })
    expect(parseDatabaseUrl('sqlite:data/x.db')).toEqual({ kind: 'sqlite', path: 'data/x.db' })
    expect(parseDatabaseUrl('sqlite:/data/x.db')).toEqual({ kind: 'sqlite', path: '/data/x.db' })
    for (const scheme of ['postgres', 'postgresql']) {
      const url = `${scheme}://me:secret@host:5433/ratings?sslmode=verify-full`
      expect(parseDatabaseUrl(url)).toEqual({ kind: 'postgres', url })
      expect(publicPostgresUrl(url)).toBe('postgres://host:5433/ratings')
    }
    const local = 'postgres:///ratings?host=/run/postgresql'
    expect(parseDatabaseUrl(local)).toEqual({ kind: 'postgres', url: local })
  })

  test.each([
    ['postgres://me:sec/ret@host/db', 'percent-encoded'],
    ['postgres://me:sec?ret@host/db', 'percent-encoded'],
    ['postgres://me:sec#ret@host/db', 'percent-encoded'],
    ['postgres://me:s@ec/ret@host/db', 'percent-encoded'],
    ['postgres://me:secret@host:port/db', 'is not a URL'],
    ['postgres:me:secret@host/db', 'not "postgres:…"'],
    ['mysql://me:secret@host/db', 'not "mysql://…"'],
    ['me:secret@host/db', 'must be "memory:"'],
    ['sqlite:', 'must be "memory:"'],
    ['', 'must be "memory:"'],
  ])('the database URL %s is rejected without showing its password', (url, reason) => {
    const parse = () => parseDatabaseUrl(url)
    expect(parse).toThrow(reason)
    expect(parse).not.toThrow(/sec|ret/)
  })
})
