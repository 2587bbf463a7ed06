import { join } from 'node:path'
import type { KafkaAccess, KafkaSasl, KafkaTls } from '@marquee/event-log/kafka/client'
import type { EventLogConfig } from '@marquee/event-log/open'
import type { Flags } from './flags.ts'

const mechanisms = ['none', 'plain', 'scram-sha-256', 'scram-sha-512'] as const
const switches = ['false', 'true'] as const

/**
 * Reads the event log: Kafka when brokers are given, else a file. Default: `events.db` in the
 * folder.
 */
export function readEventLogConfig(flags: Flags, folder: string): EventLogConfig {
  const path = flags.text({
    flag: 'event-log',
    help: 'the file of the event log, without Kafka',
    default: join(folder, 'events.db'),
  })
  const partitions = flags.integer({
    flag: 'event-log-partitions',
    help: 'partitions of a new topic',
    default: 4,
    min: 1,
    max: 256,
  })
  const access = readKafkaAccess(flags)
  // By default, brokers accept 6,000 to 1,800,000.
  const sessionTimeoutMs = flags.integer({
    flag: 'kafka-session-timeout-ms',
    help: 'time after which a silent consumer loses its partitions to others',
    default: 10_000,
    min: 2_000,
    max: 300_000,
  })
  if (access.brokers.length === 0) return { kind: 'embedded', path, partitions }
  return { kind: 'kafka', partitions, ...access, timing: { sessionTimeoutMs } }
}

function readKafkaAccess(flags: Flags): KafkaAccess {
  const brokers = readBrokers(flags)
  const [tls, sasl] = [readTls(flags), readSasl(flags)]
  return { brokers, ...(tls && { tls }), ...(sasl && { sasl }) }
}

function readBrokers(flags: Flags): string[] {
  const help = 'Kafka brokers, host:port, separated by commas; empty for a file'
  const text = flags.text({ flag: 'kafka-brokers', help, default: '' })
  if (text === '') return []
  return text.split(',').map((one) => {
    const broker = one.trim()
    const { host, port, pathname } = URL.parse(`kafka://${broker}`) ?? {}
    if (host !== broker || !port || pathname) {
      const examples = 'localhost:9092 or [::1]:9092'
      flags.refuse(`--kafka-brokers is "${broker}": give brokers such as ${examples}`)
    }
    return broker
  })
}

function readTls(flags: Flags): KafkaTls | undefined {
  const isOn = flags.choice({
    flag: 'kafka-tls',
    help: 'TLS to Kafka: true or false',
    of: switches,
    default: 'false',
  })
  const caPath = readOptional(
    flags,
    'kafka-tls-ca',
    'PEM file of the certificate authority of the brokers',
  )
  const certPath = readOptional(flags, 'kafka-tls-cert', 'PEM file of the client certificate')
  const keyPath = readOptional(
    flags,
    'kafka-tls-key',
    'PEM file of the key of the client certificate',
  )
  const files = [caPath, certPath, keyPath]
  if ((certPath === undefined) !== (keyPath === undefined)) {
    flags.refuse('--kafka-tls-cert and --kafka-tls-key: give both, or neither')
  }
  if (isOn === 'true') {
    return { ...(caPath && { caPath }), ...(certPath && { certPath }), ...(keyPath && { keyPath }) }
  }
  if (files.some((file) => file !== undefined)) {
    flags.refuse('--kafka-tls has to be true for --kafka-tls-ca, -cert and -key')
  }
  return undefined
}

function readSasl(flags: Flags): KafkaSasl | undefined {
  const mechanism = flags.choice({
    flag: 'kafka-sasl-mechanism',
    help: `how to log in to Kafka: ${mechanisms.join(', ')}`,
    of: mechanisms,
    default: 'none',
  })
  const username = flags.text({
    flag: 'kafka-sasl-username',
    help: 'the user for SASL',
    default: '',
  })
  const password = flags.text({
    flag: 'kafka-sasl-password',
    help: 'the password for SASL; every user of this machine can see a flag',
    default: '',
  })
  const isComplete = username !== '' && password !== ''
  if (mechanism !== 'none') {
    if (!isComplete) flags.refuse(`${mechanism} needs --kafka-sasl-username and -password`)
    return { mechanism, username, password }
  }
  if (username !== '' || password !== '') {
    flags.refuse('--kafka-sasl-mechanism says how to use --kafka-sasl-username and -password')
  }
  return undefined
}

function readOptional(flags: Flags, flag: string, help: string): string | undefined {
  return flags.text({ flag, help, default: '' }) || undefined
}
