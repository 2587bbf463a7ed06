/**
 * Serves h2spec: every request gets a few bytes, which the cases on flow control need. Prints
 * `listening PORT`. With CERTIFICATE KEY, two files, it also supports TLS.
 */
import { readFileSync } from 'node:fs'
import { serve } from '@marquee/http/server/serve'
import { Hono } from 'hono'
import { pino } from 'pino'

const log = pino({ level: 'warn' }, process.stderr)
const app = new Hono().all('*', (c) => c.text('a body of some bytes'))
const [certificate, key] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'))
const tls = certificate !== undefined && key !== undefined && { tls: { certificate, key } }
const { port } = await serve({ app, port: 0, log, ...tls })
process.stdout.write(`listening ${port}\n`)
