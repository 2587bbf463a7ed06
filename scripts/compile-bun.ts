/**
 * Compiles `start` and each service into executables, which need nothing but themselves:
 * `bun run compile`.
 */
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'

const help = `bun run compile [--output FOLDER] [--target TARGET]

Compiles four executables: marquee (what \`bun start\` runs), metadata, rating and movie. They contain
Bun, the page and the demo catalogue, and run in any folder.

  --output FOLDER   default: dist/bin
  --target TARGET   of Bun, such as bun-linux-arm64; downloads that Bun. Default: this machine
  --help`

const root = join(import.meta.dirname, '..')
const catalogue = 'node_modules/vega-datasets/data/movies.json'

const programs = {
  marquee: { entry: 'services/dev.ts', assets: ['dist/web', catalogue] },
  metadata: { entry: 'services/metadata/main.ts', assets: [] },
  rating: { entry: 'services/rating/main.ts', assets: [] },
  movie: { entry: 'services/movie/main.ts', assets: ['dist/web'] },
}

/**
 * Code that finds files by the path of its module, and what finds them in an executable, where all
 * modules are one, with the embedded files and folders beside it.
 */
const replacements: Readonly<Record<string, readonly [code: string, compiled: string]>> = {
  'services/movie/page.ts': [
    "import.meta.dirname, '..', '..', 'dist', 'web'",
    "import.meta.dirname, 'web'",
  ],
  'producers/catalogue/vega.ts': [
    "'../data/movies.json', import.meta.resolve('vega-datasets')",
    "'movies.json', import.meta.url",
  ],
}

const embedded: Bun.BunPlugin = {
  name: 'embedded files',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const [code, compiled] = replacements[relative(root, path)] ?? ['', '']
      if (!source.includes(code))
        throw new Error(`${path} lacks ${code}: adapt scripts/compile-bun.ts`)
      return { contents: source.replace(code, compiled), loader: 'ts' }
    })
  },
}

async function compile(output: string, target: string | undefined): Promise<void> {
  process.chdir(root)
  for (const [name, { entry, assets }] of Object.entries(programs)) {
    const outfile = join(output, name)
    await Bun.build({
      entrypoints: [entry],
      compile: {
        outfile,
        assets,
        // The folder in which an executable starts must not change what it is.
        autoloadBunfig: false,
        autoloadDotenv: false,
        ...(target && { target: target as Bun.Build.CompileTarget }),
      },
      plugins: [embedded],
      sourcemap: 'none',
      minify: { whitespace: true, syntax: true },
    })
    console.log(`${outfile}: ${Math.round(statSync(outfile).size / 1e6)} MB`)
  }
}

const options = {
  output: { type: 'string', default: join(root, 'dist', 'bin') },
  target: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const
try {
  const { values } = parseArgs({ options })
  if (values.help) console.log(help)
  else await compile(values.output, values.target)
} catch (error) {
  const isUsage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(isUsage ? `${(error as Error).message}\n\n${help}` : error)
  process.exitCode = isUsage ? 2 : 1
}
