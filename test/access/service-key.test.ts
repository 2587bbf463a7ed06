import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startIssuer, testAudience } from '@marquee/testing/issuer'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { startService } from '../system/service-process.ts'

test('movie is ready only with a --service-key that metadata accepts', async () => {
  await using issuer = await startIssuer()
  await using other = await startIssuer()
  await using folder = await temporaryFolder()
  const auth = ['--auth-issuer', issuer.url, '--auth-audience', testAudience]
  const memory = ['--database-url', 'memory:']
  await using metadata = await startService({ service: 'metadata', args: [...memory, ...auth] })
  const start = async (key: object) => {
    const path = join(folder.path, `${crypto.randomUUID()}.jwk`)
    await writeFile(path, JSON.stringify(key))
    const identity = ['--service-key', path, '--service-issuer', issuer.url]
    const args = ['--metadata-url', metadata.url, ...auth, ...identity]
    return startService({ service: 'movie', args })
  }
  await using accepted = await start(issuer.key)
  await using refused = await start(other.key)
  const readiness = async (url: string) => {
    const response = await fetch(`${url}/readyz`)
    return { ...(await response.json()), status: response.status }
  }
  const isRefused = async () => (await readiness(refused.url)).status === 503
  await waitFor(isRefused, { what: 'the refusal' })
  const name = 'access'
  const reason = "metadata refuses the --service-key of movie: the token's signature is wrong"
  expect((await readiness(refused.url)).problems).toEqual([{ name, reason }])
  expect((await readiness(accepted.url)).problems ?? []).toEqual([])
  await refused.program.waitForLine(/access: metadata refuses .*movie is not ready/)
}, 60_000)
