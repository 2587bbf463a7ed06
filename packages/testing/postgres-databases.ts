import { Client } from 'pg'

/** Empty databases for tests, on a shared server. Disposing drops them all. */
export interface PostgresDatabases extends AsyncDisposable {
  /**
   * Returns the URL of a new, empty database. It is a schema in one database, which is fast to
   * create.
   */
  create(): Promise<string>
}

/** @param server URL of a server whose user may create databases. */
export function postgresDatabases(server: string): PostgresDatabases {
  const database = `marquee_test_${crypto.randomUUID().replaceAll('-', '')}`
  const databaseUrl = new URL(server)
  databaseUrl.pathname = database
  let created: Promise<unknown> | undefined
  let schemas = 0
  return {
    async create() {
      created ??= run(server, `CREATE DATABASE ${database} TEMPLATE template0`)
      await created
      const schema = `test_${schemas++}`
      await run(databaseUrl.href, `CREATE SCHEMA ${schema}`)
      const url = new URL(databaseUrl)
      url.searchParams.set('options', `-c search_path=${schema}`)
      return url.href.replaceAll('+', '%20')
    },
    async [Symbol.asyncDispose]() {
      await created
      if (created) await run(server, `DROP DATABASE ${database}`)
    },
  }
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
