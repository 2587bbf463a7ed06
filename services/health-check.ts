/**
 * Exits with 0 when each service of this container is ready: the one at `PORT`, or without `PORT`
 * those that listen on a default port. Docker runs it as the image's health check.
 */
import process from 'node:process'

const { PORT: port } = process.env
const ports = port ? [port] : [8081, 8082, 8083]
const results = await Promise.allSettled(
  ports.map((one) => fetch(`http://127.0.0.1:${one}/readyz`)),
)
const responses = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
const isReady = responses.length > 0 && responses.every(({ ok }) => ok)
process.exitCode = isReady ? 0 : 1
