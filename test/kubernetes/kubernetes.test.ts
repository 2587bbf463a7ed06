import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describeWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { root, tool } from '@marquee/testing/tools'
import { readMetadataConfig } from '../../services/metadata/config.ts'
import { readMovieConfig } from '../../services/movie/config.ts'
import { readRatingConfig } from '../../services/rating/config.ts'
import { writeSchemas } from './schemas.ts'

/** The part of a manifest that these tests read. */
interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly template?: { readonly spec: { readonly containers: readonly Container[] } }
  }
}

interface Container {
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly readinessProbe: { readonly grpc: { readonly port: number } }
  readonly resources: { readonly limits: object }
  readonly securityContext: object
}

const base = join(root, 'deploy', 'kubernetes')
const services = ['metadata', 'movie', 'rating']

describeWith(tool('kustomize'), 'deploy/kubernetes', (kustomize) => {
  let text: string
  let manifests: readonly Manifest[]

  beforeAll(() => {
    const { stdout, stderr, status } = spawnSync(kustomize, ['build', base], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    text = stdout
    manifests = Bun.YAML.parse(stdout) as Manifest[]
  })

  const ofKind = (kind: string) => manifests.filter((one) => one.kind === kind)
  const namesOf = (kind: string) => ofKind(kind).map(({ metadata }) => metadata.name)

  test('every service has a Deployment, a Service, a budget, a scale and a network policy', () => {
    const kinds = ['Deployment', 'Service', 'PodDisruptionBudget', 'HorizontalPodAutoscaler']
    for (const kind of kinds) expect(namesOf(kind)).toEqual(services)
    expect(namesOf('NetworkPolicy')).toEqual(['marquee', ...services])
  })

  test('every container is limited, has no right, and is probed by gRPC at its port', () => {
    for (const { metadata, spec } of ofKind('Deployment')) {
      const [container, ...others] = spec.template?.spec.containers ?? []
      expect(others).toEqual([])
      expect(container).toMatchObject({
        args: [`services/${metadata.name}/main.ts`],
        resources: { limits: { memory: '512Mi' } },
        securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      })
      const port = container?.env.find(({ name }) => name === 'PORT')?.value
      expect(String(container?.readinessProbe.grpc.port)).toBe(port ?? '')
    }
  })

  test('the services accept their environment', () => {
    const shared = parseEnv(readFileSync(join(base, 'marquee.env'), 'utf8'))
    const source = (port: string) => {
      const own = { PORT: port, DATABASE_URL: 'postgres://rating:secret@postgres/marquee' }
      return { args: [], env: { ...shared, ...own } }
    }
    const common = { host: '0.0.0.0', auth: { isInsecure: false } }
    expect(readMetadataConfig(source('8081'))).toMatchObject({ ...common, port: 8081 })
    expect(readRatingConfig(source('8082'))).toMatchObject({
      ...common,
      eventLog: { kind: 'kafka', brokers: ['kafka:9092'] },
    })
    expect(readMovieConfig(source('8083'))).toMatchObject({
      ...common,
      registry: { addresses: { metadata: ['http://metadata:8081'] } },
    })
  })

  describeWith(tool('kubeconform'), 'by the schemas of Kubernetes', (kubeconform) => {
    let folder: TemporaryFolder

    beforeAll(async () => {
      folder = await temporaryFolder()
      await writeSchemas(folder.path)
    })
    afterAll(() => folder[Symbol.asyncDispose]())

    function validate(input: string) {
      const schemas = join(folder.path, '{{ .ResourceKind }}.json')
      const args = ['-strict', '-summary', '-schema-location', schemas, '-']
      return spawnSync(kubeconform, args, { input, encoding: 'utf8' })
    }

    test('every manifest is valid', () => {
      const { stdout, status } = validate(text)
      expect(stdout).toContain(`Valid: ${manifests.length}, Invalid: 0, Errors: 0, Skipped: 0`)
      expect(status).toBe(0)
    })

    test.each([
      ['a misspelt key', 'readinessProbe:', 'readynessProbe:'],
      [
        'a text for a number',
        'terminationGracePeriodSeconds: 30',
        'terminationGracePeriodSeconds: x',
      ],
    ])('%s is refused', (_, right, wrong) => {
      const { stdout, status } = validate(text.replace(right, wrong))
      expect(stdout).toContain('Invalid: 1')
      expect(status).toBe(1)
    })
  })
})
