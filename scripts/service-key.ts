/** Creates the key by which movie identifies itself to the other services: `bun run service-key`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { exportJWK, generateKeyPair } from 'jose'
import { runCommand } from './command.ts'

const help = `bun run service-key FOLDER    creates a key of the services in two files:

  movie.jwk        the private key, for movie's --service-key
  services.jwks    the public key, for the --auth-jwks of metadata and rating

It never replaces a file.
Exit codes: 0 done; 1 failed; 2 wrong arguments.`

function readOptions(args: string[]): string {
  const [folder, ...rest] = parseArgs({ args, allowPositionals: true }).positionals
  if (folder === undefined || rest.length > 0) throw new Error('expected a folder')
  return folder
}

async function run(folder: string): Promise<boolean> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })
  const identity = { kid: crypto.randomUUID(), alg: 'EdDSA' }
  const key = { ...(await exportJWK(privateKey)), ...identity }
  const keys = [{ ...(await exportJWK(publicKey)), ...identity, use: 'sig' }]
  try {
    await mkdir(folder, { recursive: true })
    await writeNew(join(folder, 'movie.jwk'), key, 0o600)
    await writeNew(join(folder, 'services.jwks'), { keys }, 0o644)
    return true
  } catch (error) {
    console.error(`marquee: ${(error as Error).message}`)
    return false
  }
}

async function writeNew(path: string, value: unknown, mode: number): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { flag: 'wx', mode })
  console.log(`wrote ${path}`)
}

await runCommand({ help, readOptions, run })
