import { join } from 'node:path'
import { root } from '@marquee/testing/tools'

/** Bundles the edge entry point of a service for Workers, as a script of its own. */
export async function bundleEdge(service: string): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(root, 'services', service, 'edge.ts')],
    // Workers have the modules of Node that are imported by `node:`.
    target: 'node',
    format: 'esm',
    conditions: ['workerd', 'worker'],
    minify: true,
  })
  const [bundle] = outputs
  if (bundle === undefined) throw new Error(`the bundle of ${service} is empty`)
  return await bundle.text()
}
