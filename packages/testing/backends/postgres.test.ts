import { expect, test } from 'bun:test'
import { Client } from 'pg'
import { describeWith } from '../requirements.ts'
import { startPostgres } from './postgres.ts'
import { identify } from './processes.ts'
import { installed } from './shared.ts'

interface Connection extends AsyncDisposable {
  query(sql: string): Promise<Record<string, unknown>[]>
}

async function connect(address: string): Promise<Connection> {
  const client = new Client({ connectionString: address })
  // An idle connection emits an error when its server is killed.
  client.on('error', () => undefined)
  await client.connect()
  return {
    query: async (sql) => (await client.query(sql)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

describeWith(installed('postgres'), 'a PostgreSQL that a test starts', () => {
  test('a PostgreSQL keeps its rows after all its processes are killed, and a restart', async () => {
    await using server = await startPostgres()
    const first = await connect(server.address)
    await first.query('create table kept as select 42 as answer')
    const [row] = await first.query('select pg_backend_pid() as pid')
    const pids = [server.pid ?? 0, Number(row?.pid)]
    expect(pids.map(identify)).not.toContain(undefined)

    await server.kill()
    expect(pids.map(identify)).toEqual([undefined, undefined])
    await server.start()

    await using second = await connect(server.address)
    expect(await second.query('select answer from kept')).toEqual([{ answer: 42 }])
  })

  test('a PostgreSQL has a user that may only create databases, and a collation that is not by bytes', async () => {
    await using server = await startPostgres({ settings: { statement_timeout: '1234ms' } })
    await using connection = await connect(server.address)
    await connection.query('create database another')
    await expect(connection.query('create role another')).rejects.toThrow(/permission denied/)
    const order = `select 'a' < 'B' as by_language, 'a' < 'B' collate "C" as by_code_point`
    expect(await connection.query(order)).toEqual([{ by_language: true, by_code_point: false }])
    expect(await connection.query('show statement_timeout')).toEqual([
      { statement_timeout: '1234ms' },
    ])
  })
})
