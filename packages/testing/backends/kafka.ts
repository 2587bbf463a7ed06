import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Found, tool } from '../tools.ts'
import type { Backend, Program } from './backend.ts'
import { backendsFolder, installOnce, requireTool, run } from './cache.ts'
import { probeKafka } from './probe-kafka.ts'
import { startPrivate } from './start.ts'

const version = '4.1.1'
const log4jVersion = '2.24.3'
const folderName = `kafka-${version}`

/** Any 16 bytes. It is fixed so that a broker can be formatted again over its own data. */
const clusterId = 'bWFycXVlZS1rYWZrYS0wMQ'

const artifacts = [
  ['org.apache.kafka', 'kafka_2.13', version],
  ['org.apache.kafka', 'kafka-tools', version],
  ['org.apache.logging.log4j', 'log4j-core', log4jVersion],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', log4jVersion],
] as const

/**
 * Shortens the session of a broker. A killed broker rejoins when its old session is over, by
 * default 9 seconds after the controller has started again.
 */
const backSoon = { 'broker.session.timeout.ms': '2500', 'broker.heartbeat.interval.ms': '500' }

/** Compiles less: that pays off for a broker that lives for seconds. */
const startFast = '-XX:TieredStopAtLevel=1'

export interface KafkaOptions {
  /** Creates a topic when it is first used. Default: false. */
  readonly autoCreateTopics?: boolean
  /** More listeners beside the plain one, such as `SASL_PLAINTEXT`, on ports from `serverPorts`. */
  readonly listeners?: Readonly<Partial<Record<'SASL_PLAINTEXT' | 'SASL_SSL' | 'SSL', number>>>
  /** More lines of server.properties, which override others. */
  readonly properties?: Readonly<Record<string, string>>
  readonly javaFlags?: readonly string[]
  /** More arguments of `kafka-storage format`, such as `--add-scram` and its value. */
  readonly formatArgs?: readonly string[]
}

export const kafka: Program<KafkaOptions> = {
  name: 'kafka',
  version,
  variable: 'KAFKA_BROKERS',
  defaultPort: 9092,
  portCount: 2,
  stopSignal: 'SIGTERM',
  installed,
  install,
  address: (port) => `127.0.0.1:${port}`,
  probe: probeKafka,
  async configure(folder, [port = 0, controllerPort = 0], options) {
    const properties = join(folder, 'server.properties')
    await writeFile(properties, serverProperties(folder, port, controllerPort, options))
    const format = ['format', '--ignore-formatted', '-t', clusterId, '-c', properties]
    const { formatArgs = [], javaFlags = [] } = options
    await run(folder, java('kafka.tools.StorageTool', [startFast], ...format, ...formatArgs))
    return {
      name: 'kafka',
      address: kafka.address(port),
      command: java('kafka.Kafka', ['-Xms128m', '-Xmx512m', ...javaFlags], properties),
      folder,
    }
  },
}

/** Starts a broker for one test, which is its own controller. After a restart it has its data. */
export function startKafka(options: KafkaOptions = {}): Promise<Backend> {
  const properties = { ...backSoon, ...options.properties }
  const javaFlags = [startFast, ...(options.javaFlags ?? [])]
  return startPrivate(kafka, { ...options, properties, javaFlags })
}

function installed(): Found<string> {
  const found = tool('java')
  if ('missing' in found) return found
  const folder = join(backendsFolder(), folderName)
  if (existsSync(folder)) return { value: folder }
  return { missing: `Kafka ${version} is not in the cache; \`bun run backends up\` gets it` }
}

async function install(log: (text: string) => void): Promise<void> {
  if ('value' in installed()) return
  requireTool('mvn')
  log(`getting Kafka ${version} by mvn: a minute, once`)
  await installOnce(folderName, async (folder) => {
    await writeFile(join(folder, 'pom.xml'), pom())
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies'
    await run(folder, ['mvn', '-B', '-q', copy, `-DoutputDirectory=${join(folder, 'lib')}`])
  })
  const found = installed()
  if ('missing' in found) throw new Error(found.missing)
}

function pom(): string {
  const dependencies = artifacts.map(
    ([group, artifact, wanted]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
      `<version>${wanted}</version></dependency>`,
  )
  return `<project><modelVersion>4.0.0</modelVersion>
<groupId>marquee</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>
${dependencies.join('\n')}
</dependencies></project>
`
}

function java(main: string, flags: readonly string[], ...args: string[]): [string, ...string[]] {
  const classPath = join(backendsFolder(), folderName, 'lib', '*')
  const logging = '-Dorg.apache.logging.log4j.level=WARN'
  return ['java', logging, ...flags, '-cp', classPath, main, ...args]
}

function serverProperties(
  folder: string,
  port: number,
  controllerPort: number,
  { autoCreateTopics = false, listeners = {}, properties = {} }: KafkaOptions,
): string {
  const open = Object.entries({ PLAINTEXT: port, ...listeners })
  const addresses = open.map(([name, number]) => `${name}://127.0.0.1:${number}`)
  const lines = {
    'node.id': '1',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': addresses.join(','),
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...open.map(([n]) => `${n}:${n}`),
    ].join(','),
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': String(autoCreateTopics),
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    ...properties,
  }
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
