/** Serves an edge entry point as `bun FILE` does, on loopback alone: FILE. */
import { resolve } from 'node:path'

const { default: service } = await import(resolve(process.argv[2] ?? ''))
const server = Bun.serve({ ...service, hostname: '127.0.0.1', port: 0 })
process.stdout.write(`Listening on ${server.url.origin}/\n`)
