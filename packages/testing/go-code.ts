import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { create, type DescFile, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
} from '@bufbuild/protobuf/wkt'
import { withImports } from './proto-files.ts'

export interface GoCodeOptions {
  /** Folder of the Go module, in which the code is written under `gen/`. */
  readonly folder: string
  /** Name of the Go module. */
  readonly module: string
  /** Protos to generate code for. */
  readonly files: readonly DescFile[]
  /** Beginnings of the names of imported protos that the Go code does not need. */
  readonly leftOut: readonly string[]
  /** Plugins of protoc in the folder, each with its parameters. */
  readonly plugins: Readonly<Record<string, readonly string[]>>
}

/** Generates Go code from descriptors, as protoc does, without protoc. */
export async function generateGo(options: GoCodeOptions): Promise<void> {
  const { folder, module, files, leftOut, plugins } = options
  const names = files.map(({ proto }) => proto.name)
  const packages = [
    'Mgoogle/protobuf/descriptor.proto=google.golang.org/protobuf/types/descriptorpb',
    ...names.map((name) => `M${name}=${module}/gen/${dirname(name)}`),
  ]
  for (const [plugin, parameters] of Object.entries(plugins)) {
    const request = create(CodeGeneratorRequestSchema, {
      fileToGenerate: names,
      parameter: [`module=${module}`, ...packages, ...parameters].join(','),
      protoFile: withImports(files, leftOut),
    })
    await runPlugin(folder, join(folder, plugin), request)
  }
}

async function runPlugin(
  folder: string,
  plugin: string,
  request: CodeGeneratorRequest,
): Promise<void> {
  const child = spawn(plugin, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(toBinary(CodeGeneratorRequestSchema, request))
  const closed = once(child, 'close')
  const output = Buffer.concat(await Array.fromAsync(child.stdout))
  await closed
  if (child.exitCode !== 0) throw new Error(`${plugin} exited with ${child.exitCode}`)
  const { error, file: made } = fromBinary(CodeGeneratorResponseSchema, output)
  if (error !== '') throw new Error(`${plugin}: ${error}`)
  for (const { name, content } of made) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
}
