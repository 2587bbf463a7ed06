import { afterAll, expect, test } from 'bun:test'
import { backend } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pgbouncer, startPgBouncer } from '@marquee/testing/pgbouncer'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { startListener } from './listener.ts'
import { openPostgres } from './postgres.ts'

const testTimeoutMs = 60_000

describeWith(backend('postgres'), 'Postgres', (server) => {
  describeWith(pgbouncer(), 'behind PgBouncer', (program) => {
    const databases = postgresDatabases(server)
    afterAll(() => databases[Symbol.asyncDispose]())
    alsoOnDenoAndNode(import.meta.filename)
    const schema = { kind: 'thing', migrations: ['CREATE TABLE thing (name text)'] }

    test(
      'a database behind a pooler in session mode works, with timeouts, schema and notifications',
      async () => {
        await using pooler = await startPgBouncer(program, await databases.create(), 'session')
        await using db = await openPostgres({ url: pooler.url, schema, poolSizeMax: 3 })
        const payloadsSeen: string[] = []
        await using _listener = await startListener({
          connect: db.connect,
          channel: 'things',
          onListening: async () => {},
          onPayloads: async (payloads) => void payloadsSeen.push(...payloads),
          onIdle: async () => {},
          onDisconnect: (error) => expect.unreachable(error.message),
        })
        await db.transaction(async (query) => {
          await query({ text: "INSERT INTO thing VALUES ('one')" })
          await query({ text: "SELECT pg_notify('things', 'one')" })
        })
        await waitFor(async () => payloadsSeen.length > 0, { what: 'the notification' })
        const name = 'things'
        const read = () => db.read({ name, text: 'SELECT name FROM thing' })
        const rows = await Promise.all(Array.from({ length: 10 }, read))
        expect(rows).toEqual(Array(10).fill([{ name: 'one' }]))
        const text = `SELECT current_setting('statement_timeout') AS statement,
          current_setting('idle_in_transaction_session_timeout') AS idle,
          current_schema() AS schema`
        const [parameters] = await db.read({ text })
        expect(parameters).toMatchObject({
          statement: '10s',
          idle: '10s',
          schema: expect.stringMatching(/^test_/),
        })
      },
      testTimeoutMs,
    )

    test(
      'a database behind a pooler in transaction mode is rejected with the reason',
      async () => {
        await using pooler = await startPgBouncer(program, await databases.create(), 'transaction')
        const error = await openPostgres({ url: pooler.url, schema }).catch((error) => error)
        expect(String(error)).toContain('set its pool_mode to session')
        expect(String(error)).not.toContain('marquee:marquee')
      },
      testTimeoutMs,
    )
  })
})
