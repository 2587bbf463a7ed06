import { readFile } from 'node:fs/promises'
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import { withIpv6 } from './ipv6.ts'

/** How to log in to the brokers (KIP-12, RFC 5802). */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** Encrypted connections. Without `caPath` the runtime's own authorities count. */
export interface KafkaTls {
  /** PEM file of the authorities that sign the brokers' certificates. */
  readonly caPath?: string
  /** PEM files of this client's certificate and key, where brokers ask for them. */
  readonly certPath?: string
  readonly keyPath?: string
}

/** Where the brokers are, and how to talk to them. */
export interface KafkaAccess {
  /** `host:port` of some brokers; they tell of the others. */
  readonly brokers: readonly string[]
  readonly tls?: KafkaTls
  readonly sasl?: KafkaSasl
}

const connectionTimeoutMs = 3_000
/** How long a broker may take to answer, in milliseconds. */
const requestTimeoutMs = 10_000
/** How often, and how long apart, kafkajs itself repeats a request before it gives up: some 5 s together. */
const retry = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 4 }

/** A client that logs by `log`. Rejects when a PEM file cannot be read, and names it. */
export async function createKafkaClient(access: KafkaAccess, log: Logger): Promise<Kafka> {
  const { tls, sasl } = access
  const { brokers, socketFactory } = withIpv6(access.brokers)
  return new Kafka({
    clientId: 'marquee',
    brokers,
    socketFactory,
    connectionTimeout: connectionTimeoutMs,
    authenticationTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    ...(tls && { ssl: await readTls(tls) }),
    ...(sasl && { sasl: sasl as SASLOptions }),
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logEntry(log, entry),
  })
}

async function readTls({ caPath, certPath, keyPath }: KafkaTls): Promise<KafkaConfig['ssl']> {
  const [ca, cert, key] = await Promise.all([caPath, certPath, keyPath].map(readPem))
  return { ...(ca && { ca: [ca] }), ...(cert && { cert }), ...(key && { key }) }
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new Error(`cannot read the PEM file ${path}: ${cause.message}`, { cause })
  })
}

type Entry = Parameters<ReturnType<NonNullable<KafkaConfig['logCreator']>>>[0]

/** What kafkajs complains of it also repeats, or reports as a failure: none of it is an error yet. */
function logEntry(log: Logger, { namespace, level, log: { message, ...fields } }: Entry): void {
  const { timestamp, logger, stack, ...rest } = fields
  const write = level === logLevel.ERROR || level === logLevel.WARN ? log.warn : log.debug
  write.call(log, { ...rest, kafkajs: namespace }, message)
}
