import { afterAll, expect, test } from 'bun:test'
import { inspect } from 'node:util'
import { startPostgres } from '@marquee/testing/backends/postgres'
import { backend, installed } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { startPostgresProxy } from '@marquee/testing/postgres-proxy'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { connect, type Row } from './connection.ts'
import { PostgresError } from './error.ts'
import { startListener } from './listener.ts'
import type { PostgresSchema } from './migrations.ts'
import { openPostgres } from './postgres.ts'
import { OutcomeUnknownError } from './writers.ts'

const first: PostgresSchema = {
  kind: 'things',
  migrations: ['CREATE TABLE thing (name text PRIMARY KEY, size bigint)'],
}
const second: PostgresSchema = {
  ...first,
  migrations: [
    ...first.migrations,
    "ALTER TABLE thing ADD note text; INSERT INTO thing VALUES ('migrated')",
  ],
}

const insert = { text: 'INSERT INTO thing (name) VALUES ($1)' }
const names = { text: 'SELECT name FROM thing ORDER BY name' }

describeWith(backend('postgres'), 'a Postgres database', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())
  alsoOnDenoAndNode(import.meta.filename)

  async function open(schema = first, url?: string) {
    return openPostgres({ url: url ?? (await databases.create()), schema, poolSizeMax: 3 })
  }

  test('a Postgres database is migrated, and keeps its rows', async () => {
    const url = await databases.create()
    const old = await open(first, url)
    await old.transaction((query) => query(insert, ['kept']))
    await old[Symbol.asyncDispose]()
    await using db = await open(second, url)
    expect(await db.read(names)).toEqual([{ name: 'kept' }, { name: 'migrated' }])
    const message = `cannot open the database postgres://${new URL(url).host}${new URL(url).pathname}`
    await expect(open(first, url)).rejects.toThrow(
      `${message}: its schema is newer (2) than this program (1)`,
    )
  })

  test('a Postgres database is migrated once by concurrent processes', async () => {
    const url = await databases.create()
    const all = await Promise.all(Array.from({ length: 10 }, () => open(second, url)))
    expect(await all[9]?.read(names)).toEqual([{ name: 'migrated' }])
    await Promise.all(all.map((db) => db[Symbol.asyncDispose]()))
  })

  test('a Postgres database of another kind is rejected', async () => {
    const url = await databases.create()
    await using _db = await open(first, url)
    await expect(open({ kind: 'others', migrations: [] }, url)).rejects.toThrow(
      'it holds data of another kind',
    )
  })

  test('a Postgres database holds tables of several kinds, each in its own schema', async () => {
    await using shared = await plainDatabase('')
    await using things = await open(first, shared.url)
    await using others = await open({ ...first, kind: 'others' }, shared.url)
    await things.transaction((query) => query(insert, ['one']))
    expect(await others.read(names)).toEqual([])
    await using again = await open(first, shared.url)
    expect(await again.read(names)).toEqual([{ name: 'one' }])
  })

  test('a Postgres database with another encoding is rejected', async () => {
    await using other = await plainDatabase("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'")
    await expect(open(first, other.url)).rejects.toThrow('its encoding must be UTF8; got SQL_ASCII')
  })

  async function plainDatabase(options: string) {
    const name = `marquee_test_${crypto.randomUUID().replaceAll('-', '')}`
    const run = async (text: string) => {
      await using connection = await connect(server)
      await connection.query({ text })
    }
    await run(`CREATE DATABASE ${name} TEMPLATE template0 ${options}`)
    const url = new URL(server)
    url.pathname = name
    return {
      url: url.href,
      [Symbol.asyncDispose]: () => run(`DROP DATABASE ${name}`),
    }
  }

  test('a failed migration leaves nothing in a Postgres database', async () => {
    const url = await databases.create()
    const broken = { ...second, migrations: [...second.migrations, 'nonsense'] }
    await expect(open(broken, url)).rejects.toThrow('syntax error')
    await using db = await open(second, url)
    expect(await db.read(names)).toEqual([{ name: 'migrated' }])
  })

  test('a transaction in Postgres takes effect completely or not at all', async () => {
    await using db = await open()
    const failing = db.transaction(async (query) => {
      await query(insert, ['lost'])
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await db.transaction((query) => query(names))).toEqual([])
  })

  test('a failure of Postgres is an error with the cause of the driver', async () => {
    await using db = await open()
    const error = await db.read({ text: 'SELECT nothing' }).catch((error) => error)
    expect(error).toBeInstanceOf(PostgresError)
    expect(error.failure).toBe('refused')
    expect(error.message).toBe('the database rejected a statement: column "nothing" does not exist')
    expect(error.cause.code).toBe('42703')
  })

  test('a rejection by Postgres that may pass is temporary, and is not retried', async () => {
    await using db = await open()
    for (const [code, temporary] of [
      ['57014', true],
      ['55P03', true],
      ['53100', true],
      ['53200', true],
      ['58030', true],
      ['23505', false],
    ] as const) {
      let attempts = 0
      const raise = { text: `DO $$ BEGIN RAISE 'no' USING ERRCODE = '${code}'; END $$` }
      const refused = db.transaction((query) => {
        attempts++
        return query(raise)
      })
      const error = await refused.catch((error) => error)
      expect(error).toMatchObject({ failure: 'refused', temporary, cause: { code } })
      expect(attempts).toBe(1)
    }
  })

  test('a transaction that a read-only server rejects is repeated on another connection', async () => {
    await using db = await open()
    const pids = new Set<unknown>()
    await db.transaction(async (query) => {
      const [row] = await query({ text: 'SELECT pg_backend_pid() AS pid' })
      if (pids.size === 0) await query({ text: 'SET TRANSACTION READ ONLY' })
      pids.add(row?.pid)
      await query(insert, ['written'])
    })
    expect(pids.size).toBe(2)
    expect(await db.read(names)).toEqual([{ name: 'written' }])
  })

  test('a bigint of Postgres is a number, or an error when it is too large', async () => {
    await using db = await open()
    const text = 'SELECT $1::bigint AS value'
    expect(await db.read({ text }, [Number.MAX_SAFE_INTEGER])).toEqual([
      { value: Number.MAX_SAFE_INTEGER },
    ])
    await expect(db.read({ text }, ['9007199254740993'])).rejects.toThrow('too large for a number')
  })

  test('a transaction that met a deadlock is repeated until it succeeds', async () => {
    await using db = await open()
    await db.transaction((query) => query({ text: "INSERT INTO thing VALUES ('a', 0), ('b', 0)" }))
    const count = { text: 'UPDATE thing SET size = size + 1 WHERE name = $1' }
    const together = Promise.withResolvers<void>()
    let arrived = 0
    const countBoth = async (...both: string[]) =>
      db.transaction(async (query) => {
        await query(count, [both[0]])
        if (++arrived === 2) together.resolve()
        await together.promise
        await query(count, [both[1]])
      })
    await Promise.all([countBoth('a', 'b'), countBoth('b', 'a')])
    expect(arrived).toBeGreaterThan(2)
    const sizes = await db.read({ text: 'SELECT name, size FROM thing ORDER BY name' })
    expect(sizes).toEqual([
      { name: 'a', size: 2 },
      { name: 'b', size: 2 },
    ])
  })

  test('a Postgres database uses at most poolSizeMax connections', async () => {
    await using db = await open()
    const { pid } = (await db.read({ text: 'SELECT pg_backend_pid() AS pid' }))[0] ?? {}
    const slow = { text: 'SELECT pg_backend_pid() AS pid, pg_sleep(0.02)' }
    const used = await Promise.all(Array.from({ length: 12 }, () => db.read(slow)))
    const pids = new Set(used.map(([row]) => row?.pid))
    expect(pids.size).toBe(3)
    expect(pids).toContain(pid)
  })

  test('a statement and a transaction that take too long are aborted', async () => {
    await using db = await open()
    const sleep = { text: 'SELECT pg_sleep(30)' }
    const both = [
      db.transaction((query) => query(sleep), { timeoutMs: 100 }),
      db.transaction(
        async (query) => {
          await query(names)
          await new Promise((resolve) => setTimeout(resolve, 200))
          return query(names)
        },
        { timeoutMs: 100 },
      ),
    ]
    for (const ended of await Promise.allSettled(both)) expect(ended.status).toBe('rejected')
    expect(await db.read(names)).toEqual([])
  })

  test('a Postgres database keeps working after its idle connections were lost', async () => {
    await using proxy = await startPostgresProxy(await databases.create())
    await using db = await open(first, proxy.url)
    for (let round = 0; round < 3; round++) {
      await Promise.all([1, 2, 3].map(() => db.read(names)))
      proxy.cutAll()
      await db.transaction((query) => query(insert, [`round ${round}`]))
    }
    expect(await db.read(names)).toHaveLength(3)
  })

  test('a transaction whose connection was lost before COMMIT is repeated', async () => {
    await using proxy = await startPostgresProxy(await databases.create())
    await using db = await open(first, proxy.url)
    let attempts = 0
    await db.transaction(async (query) => {
      await query(insert, ['once'])
      if (++attempts === 1) proxy.cutAll()
      await query(names)
    })
    expect(attempts).toBe(2)
    expect(await db.read(names)).toEqual([{ name: 'once' }])
  })

  test('a transaction takes effect once when its COMMIT or the response to it is lost', async () => {
    await using proxy = await startPostgresProxy(await databases.create())
    await using db = await open(first, proxy.url)
    for (const which of ['on the way', 'with its response'] as const) {
      let attempts = 0
      proxy.loseNextCommit(which)
      const result = await db.transaction(async (query) => {
        await query(insert, [`${which} ${attempts++}`])
        return attempts
      })
      expect({ which, result }).toEqual({ which, result: which === 'on the way' ? 2 : 1 })
    }
    expect(proxy.lostCount()).toBe(2)
    const kept = [{ name: 'on the way 1' }, { name: 'with its response 0' }]
    expect(await db.read(names)).toEqual(kept)
  })

  test('a transaction is repeated while the server still runs the one whose connection was lost', async () => {
    const url = await databases.create()
    await using proxy = await startPostgresProxy(url)
    await using db = await open(first, proxy.url)
    await using other = await connect(url)
    await other.query({ text: 'SELECT pg_advisory_lock(7)' })
    let attempts = 0
    await db.transaction(async (query) => {
      await query(insert, [`attempt ${++attempts}`])
      const waiting =
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted"
      const isStuck = async () => (await other.query({ text: waiting })).length > 0
      if (attempts > 1) return expect(await isStuck()).toBe(true)
      const stuck = query({ text: 'SELECT pg_advisory_xact_lock(7)' })
      await waitFor(isStuck, { what: 'the server to wait' }).finally(proxy.cutAll)
      await stuck
    })
    await other.query({ text: 'SELECT pg_advisory_unlock(7)' })
    expect(await db.read(names)).toEqual([{ name: 'attempt 2' }])
  })

  test('closing a Postgres database before an outcome is known rejects with OutcomeUnknownError', async () => {
    await using proxy = await startPostgresProxy(await databases.create())
    await using db = await open(first, proxy.url)
    proxy.loseNextCommit('on the way')
    const writing = db
      .transaction(async (query) => {
        await query(insert, ['doubtful'])
        proxy.refuse(true)
      })
      .catch((error) => error)
    await waitFor(() => proxy.lostCount() === 1, { what: 'the COMMIT to be lost', intervalMs: 1 })
    await db[Symbol.asyncDispose]()
    const error = await writing
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(error.message).toEndWith('the outcome is unknown: the database has been closed')
  })

  test('a Postgres database may be closed twice, and rejects calls afterwards', async () => {
    const db = await open()
    await db[Symbol.asyncDispose]()
    await db[Symbol.asyncDispose]()
    await expect(db.read(names)).rejects.toThrow('the database has been closed')
    await expect(db.transaction((query) => query(names))).rejects.toThrow('has been closed')
  })

  test('a listener listens again after its connection was lost', async () => {
    await using proxy = await startPostgresProxy(server)
    const received: string[] = []
    const disconnections: string[] = []
    let startCount = 0
    await using _listener = await startListener({
      connect: () => connect(proxy.url),
      channel: 'marquee_test',
      onListening: async () => void startCount++,
      onPayloads: async (payloads) => void received.push(...payloads),
      onIdle: async () => undefined,
      onDisconnect: (error) => disconnections.push(error.message),
    })
    const notify = async (payload: string) => {
      await using connection = await connect(server)
      await connection.query({ text: "SELECT pg_notify('marquee_test', $1)" }, [payload])
    }
    await notify('one')
    await waitFor(() => received.length === 1, { what: 'one' })
    proxy.cutAll()
    await waitFor(() => startCount === 2, { what: 'a new connection' })
    await notify('two')
    await waitFor(() => received.length === 2, { what: 'two' })
    expect(received).toEqual(['one', 'two'])
    expect(disconnections).toHaveLength(1)
  })

  test('the error for a Postgres database that cannot be opened names it without the password', async () => {
    for (const [change, reason] of [
      [(url: URL) => Object.assign(url, { port: '1' }), 'ECONNREFUSED'],
      [(url: URL) => Object.assign(url, { password: 'secret' }), 'password authentication failed'],
      [(url: URL) => Object.assign(url, { pathname: '/nowhere' }), 'does not exist'],
    ] as const) {
      const url = change(new URL(server)).href
      const error = await open(first, url).catch((error) => error)
      expect(error.message).toStartWith('cannot open the database postgres://127.0.0.1:')
      expect(error.message).toContain(reason)
      expect(error.message).not.toContain('\n')
      expect(inspect(error, { depth: 9 })).not.toContain('secret')
      expect(inspect(error, { depth: 9 })).not.toContain('marquee:marquee')
    }
  })
})

describeWith(installed('postgres'), 'a killed Postgres', () => {
  test('a transaction that was reported as committed exists after Postgres was killed', async () => {
    await using postgres = await startPostgres()
    await using proxy = await startPostgresProxy(postgres.address)
    await using db = await openPostgres({ url: proxy.url, schema: first })
    proxy.loseNextCommit('on the way')
    const writing = db
      .transaction((query) => query(insert, ['lost in the crash']))
      .then(
        () => ['lost in the crash'],
        () => [],
      )
    await waitFor(() => proxy.lostCount() === 1, { what: 'the COMMIT to be lost', intervalMs: 1 })
    proxy.refuse(true)
    await postgres.kill()
    await postgres.start()
    await using other = await openPostgres({ url: postgres.address, schema: first })
    // The server reuses transaction ids from before the crash for these.
    for (let n = 0; n < 5; n++) await other.transaction((query) => query(insert, [`other ${n}`]))
    proxy.refuse(false)
    const reported = await writing
    const others = Array.from({ length: 5 }, (_, n) => `other ${n}`)
    expect((await other.read(names)).map(({ name }) => name)).toEqual([...reported, ...others])
  })
})

describeWith(installed('postgres'), 'a suspended Postgres', () => {
  test('a database and a listener can be closed while Postgres is suspended', async () => {
    await using postgres = await startPostgres()
    // So that no timeout ends the calls that wait for a response.
    const url = `${postgres.address}?query_timeout=600000`
    const slow = { text: 'SELECT pg_backend_pid() AS pid, pg_sleep(0.1)' }
    const suspended: number[] = []
    const suspend = (rows: readonly Row[]) => {
      const pid = rows[0]?.pid as number
      process.kill(pid, 'SIGSTOP')
      suspended.push(pid)
    }
    try {
      const listener = await startListener({
        connect: () => connect(url),
        channel: 'marquee_test',
        onListening: async () => undefined,
        async onPayloads(_, query) {
          suspend(await query(slow))
          await query(names)
        },
        onIdle: async () => undefined,
        onDisconnect: (error) => expect.unreachable(error.message),
      })
      const db = await openPostgres({ url, schema: first })
      await db.read({ text: "SELECT pg_notify('marquee_test', '')" })
      const writing = db
        .transaction(async (query) => {
          suspend(await query(slow))
          await query(names)
        })
        .catch((error) => error)
      suspend(await db.read(slow))
      await waitFor(() => suspended.length === 3, { what: 'all to be suspended' })
      await Promise.all([db[Symbol.asyncDispose](), listener[Symbol.asyncDispose]()])
      expect((await writing).message).toBe('the database has been closed')
      expect(new Set(suspended).size).toBe(3)
    } finally {
      for (const pid of suspended) process.kill(pid, 'SIGCONT')
    }
  })
})
