import { readFile } from 'node:fs/promises'
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import { withIpv6 } from './ipv6.ts'

/** Credentials for the brokers (KIP-12, RFC 5802). */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/**
 * Options of encrypted connections. Without `caPath`, the runtime's own authorities are trusted.
 */
export interface KafkaTls {
  /** Path of a PEM file with the authorities that sign the brokers' certificates. */
  readonly caPath?: string
  /** Paths of PEM files with this client's certificate and key, where brokers require them. */
  readonly certPath?: string
  readonly keyPath?: string
}

/** Addresses of the brokers, and how to connect to them. */
export interface KafkaAccess {
  /** Addresses of some brokers, as `host:port`. These brokers report the others. */
  readonly brokers: readonly string[]
  readonly tls?: KafkaTls
  readonly sasl?: KafkaSasl
}

const connectionTimeoutMs = 3_000
/** Timeout of a request to a broker, in milliseconds. */
const requestTimeoutMs = 10_000
/** Retries of a request by kafkajs, some 5 s in total. */
const retry = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 4 }

/**
 * Creates a client that logs to `log`. Rejects with an error that names the file when a PEM file
 * cannot be read.
 */
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

/** Logs errors of kafkajs as warnings: kafkajs also retries, or reports them as a failure. */
function logEntry(log: Logger, { namespace, level, log: { message, ...details } }: Entry): void {
  const { timestamp, logger, stack, ...rest } = details
  const write = level === logLevel.ERROR || level === logLevel.WARN ? log.warn : log.debug
  write.call(log, { ...rest, kafkajs: namespace }, message)
}
