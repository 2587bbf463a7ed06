import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, root } from '@marquee/testing/tools'

const run = promisify(execFile)
const packed = join(root, 'dist', 'packages')

/** Runs a command, and returns what it printed. */
export async function output(
  binary: string,
  args: string[],
  cwd = root,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const { stdout } = await run(binary, args, {
    cwd,
    env: { ...process.env, ...env, PATH: path },
  })
  return stdout
}

/** Packs the packages, as `bun run pack` does. Rejects when publint or arethetypeswrong finds a problem. */
export async function packAll(): Promise<void> {
  await output(process.execPath, ['scripts/pack.ts'])
}

/** A folder outside the workspace, in which the packed packages and their peers are installed. */
export async function outsideFolder(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder()
  const { catalog } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const peers = ['@bufbuild/protobuf', '@connectrpc/connect', 'hono']
  const versions = Object.fromEntries(peers.map((name) => [name, catalog[name]]))
  const ours = ['http', 'connect-hono', 'transcode', 'grpc-transport', 'back-off', 'client']
  await installPacked(folder.path, ours, versions)
  return folder
}

/** Installs packed packages into a folder, and others of the registry with their versions. */
export async function installPacked(
  folder: string,
  names: readonly string[],
  others: Readonly<Record<string, string>>,
): Promise<void> {
  const tarballs = (await readdir(packed)).filter((name) => name.endsWith('.tgz'))
  const ours = Object.fromEntries(
    names.map((name) => {
      const tarball = tarballs.find((one) => one.replace(/-[\d.]+\.tgz$/, '') === `marquee-${name}`)
      return [`@marquee/${name}`, `file:${join(packed, tarball ?? name)}`]
    }),
  )
  // Packages of ours depend on each other by versions that no registry has.
  const dependencies = { ...ours, ...others }
  const manifest = { private: true, type: 'module', dependencies, overrides: ours }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await output(process.execPath, ['install', '--prefer-offline'], folder)
}

/**
 * Writes the named code blocks of a package's README into a folder of its own, and generates code from the protos among
 * them. Returns the folder, by default one of its name, and the program: the first block of TypeScript.
 */
export async function writeExample(
  folder: string,
  name: string,
  subfolder = name,
): Promise<{ folder: string; program: string }> {
  const readme = await readFile(join(root, 'packages', name, 'README.md'), 'utf8')
  const example = join(folder, subfolder)
  await mkdir(example, { recursive: true })
  let program: string | undefined
  for (const [, language, title, text = ''] of readme.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```/gms)) {
    const isProgram = language === 'ts' && program === undefined
    const file = join(example, title || (isProgram ? 'example.ts' : ''))
    if (isProgram) program = file
    if (title || isProgram) await writeFile(file, text)
  }
  if (program === undefined) throw new Error(`the README of ${name} has no program`)
  if (readme.includes('buf.gen.yaml')) await output('buf', ['generate'], example)
  return { folder: example, program }
}

/** Starts a program of the folder. */
export function start(
  runtime: RuntimeName,
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  return spawnProgram({ runtime, entry: relative(root, program), cwd: dirname(program), env })
}

/** Checks the types of a program as its author would. Rejects with what the compiler says. */
export async function checkTypes(program: string): Promise<void> {
  const options = {
    ...{ target: 'esnext', module: 'nodenext', lib: ['esnext', 'dom'], types: ['node'] },
    typeRoots: [join(root, 'node_modules', '@types')],
    ...{ noEmit: true, strict: true, allowImportingTsExtensions: true, skipLibCheck: true },
  }
  const config = { compilerOptions: options, files: [program] }
  await writeFile(join(dirname(program), 'tsconfig.json'), JSON.stringify(config))
  await output('tsc', ['--project', '.'], dirname(program))
}
