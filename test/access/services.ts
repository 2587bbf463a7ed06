import { join } from 'node:path'
import { startIssuer, type TestIssuer, testAudience } from '@marquee/testing/issuer'
import { spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'

/** The three services, which accept the tokens of an issuer. */
export interface LockedServices extends AsyncDisposable {
  readonly issuer: TestIssuer
  readonly urls: Readonly<Record<'metadata' | 'rating' | 'movie', string>>
}

/** Starts the three services in one process, with an issuer. */
export async function startLocked(): Promise<LockedServices> {
  await using stack = new AsyncDisposableStack()
  const issuer = stack.use(await startIssuer())
  const folder = stack.use(await temporaryFolder())
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  const auth = ['--auth-issuer', issuer.url, '--auth-audience', testAudience]
  const data = ['--data', join(folder.path, 'data')]
  const program = stack.use(
    await spawnProgram({
      runtime: 'bun',
      entry: 'services/dev.ts',
      args: [...ports, ...auth, ...data, '--log-format', 'json'],
    }),
  )
  const urlOf = async (name: string) => {
    const line = new RegExp(`^ +${name} +(http://\\S+)$`, 'm')
    const [, url = ''] = await program.waitForLine(line, 30_000)
    return url
  }
  const urls = {
    metadata: await urlOf('metadata'),
    rating: await urlOf('rating'),
    movie: await urlOf('movie'),
  }
  const kept = stack.move()
  return { issuer, urls, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
