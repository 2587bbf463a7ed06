import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '@marquee/testing/tools'

interface Schema {
  readonly type?: string
  readonly format?: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly 'x-kubernetes-group-version-kind'?: readonly { kind: string }[]
}

/** Values that the API accepts as a text or a number, which OpenAPI 2 cannot say. */
const textOrNumber = /\.(IntOrString|Quantity)$/

/**
 * Writes a JSON schema for each kind in `third_party/kubernetes`, as kubeconform reads it:
 * `deployment.json`. Unknown keys are refused.
 */
export async function writeSchemas(folder: string): Promise<void> {
  const path = join(root, 'third_party', 'kubernetes', 'definitions.json')
  const { definitions } = JSON.parse(await readFile(path, 'utf8')) as {
    definitions: Readonly<Record<string, Schema>>
  }
  const strict = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, toStrict(name, schema)]),
  )
  for (const [name, schema] of Object.entries(definitions)) {
    const [{ kind } = { kind: '' }] = schema['x-kubernetes-group-version-kind'] ?? []
    if (kind === '' || !name.endsWith(`.${kind}`)) continue
    const content = { $ref: `#/definitions/${name}`, definitions: strict }
    await writeFile(join(folder, `${kind.toLowerCase()}.json`), JSON.stringify(content))
  }
}

function toStrict(name: string, schema: Schema): object {
  if (textOrNumber.test(name)) return { type: ['string', 'number'] }
  return schema.properties ? { ...schema, additionalProperties: false } : schema
}
