/** A file of the page. */
export interface BundledFile {
  /** Path in the page's folder, such as `index.html` or `assets/main-3f2a.js`. */
  readonly path: string
  readonly bytes: Uint8Array
}

export interface Bundle {
  /**
   * Files that browsers request. All but `index.html` have a hash of their content in their name.
   */
  readonly served: readonly BundledFile[]
  /** Source maps, for debugging errors of the page. */
  readonly sourceMaps: readonly BundledFile[]
  /**
   * Scripts of each module that is imported when it is needed, with those that it imports itself and
   * that its page does not load anyway. By the path of its source: `apps/web/me/page.tsx`.
   */
  readonly lazyScripts: Readonly<Record<string, readonly string[]>>
}

/**
 * Bundles a page for browsers: its HTML, and what it links to. Throws an error for the user when
 * something cannot be resolved, and for a style sheet that only a script imports, because nothing
 * would load it.
 * @param html Path of its HTML: `apps/web/index.html`.
 */
export async function bundle(html: string): Promise<Bundle> {
  const { outputs, metafile } = await Bun.build({
    metafile: true,
    entrypoints: [html],
    target: 'browser',
    splitting: true,
    minify: true,
    sourcemap: 'external',
    publicPath: '/',
    // By default, small files become a part of the style sheet. That delays it and needs a wider
    // policy.
    loader: { '.woff2': 'file', '.svg': 'file', '.png': 'file' },
    naming: {
      entry: '[name].[ext]',
      chunk: 'assets/[name]-[hash].[ext]',
      asset: 'assets/[name]-[hash].[ext]',
    },
    env: 'disable',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const files = await Promise.all(
    outputs.map(async (output) => ({
      kind: output.kind,
      path: output.path.replace(/^\.\//, ''),
      bytes: new Uint8Array(await output.arrayBuffer()),
    })),
  )
  const served = files.filter(({ kind }) => kind !== 'sourcemap')
  refuseUnlinkedStyles(served)
  const sourceMaps = files.filter(({ kind }) => kind === 'sourcemap')
  return { served, sourceMaps, lazyScripts: lazyScriptsOf(metafile?.outputs ?? {}) }
}

type Outputs = NonNullable<Bun.BuildOutput['metafile']>['outputs']

function lazyScriptsOf(outputs: Outputs): Record<string, string[]> {
  const scripts = Object.entries(outputs).filter(([path]) => path.endsWith('.js'))
  const isFirst = ({ entryPoint }: Outputs[string]) => entryPoint?.endsWith('.html')
  const first = scripts.filter(([, output]) => isFirst(output)).map(([path]) => path)
  const loaded = withImports(outputs, first)
  const lazy = scripts.flatMap(([path, { entryPoint }]) =>
    entryPoint && !loaded.has(path) ? [[entryPoint, path] as const] : [],
  )
  return Object.fromEntries(
    lazy.map(([source, path]) => {
      const all = [...withImports(outputs, [path])].filter((one) => !loaded.has(one))
      return [source, all.map((one) => one.replace(/^\.\//, ''))]
    }),
  )
}

/** Returns the paths with those that they import at their start. */
function withImports(outputs: Outputs, paths: readonly string[]): ReadonlySet<string> {
  const all = new Set(paths)
  // A set has what is added to it while it is iterated.
  for (const path of all) {
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement') all.add(imported)
    }
  }
  return all
}

function refuseUnlinkedStyles(files: readonly BundledFile[]): void {
  const page = files.find(({ path }) => path.endsWith('.html'))
  const html = new TextDecoder().decode(page?.bytes)
  const unlinked = files.filter(({ path }) => path.endsWith('.css') && !html.includes(path))
  if (unlinked.length === 0) return
  const names = unlinked.map(({ path }) => path).join(', ')
  throw new Error(`no page links to ${names}: name style sheets in index.html, not in a script`)
}
