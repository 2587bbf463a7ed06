import { join } from 'node:path'
import type { KafkaAccess, KafkaSasl, KafkaTls } from '@marquee/event-log/kafka/client'
import type { EventLogConfig } from '@marquee/event-log/open'
import type { Settings } from './flags.ts'

const mechanisms = ['none', 'plain', 'scram-sha-256', 'scram-sha-512'] as const
const switches = ['false', 'true'] as const

/** Reads which event log is used: Kafka where brokers are named, else a file, by default in the given folder. */
export function readEventLogSettings(settings: Settings, folder: string): EventLogConfig {
  const path = settings.text({
    flag: 'event-log',
    help: 'the file of the event log, where it is not in Kafka',
    default: join(folder, 'events.db'),
  })
  const partitions = settings.integer({
    flag: 'event-log-partitions',
    help: 'partitions of a topic that is new',
    default: 4,
    min: 1,
    max: 256,
  })
  const access = readKafkaSettings(settings)
  // What brokers take unless told is 6,000 to 1,800,000.
  const sessionTimeoutMs = settings.integer({
    flag: 'kafka-session-timeout-ms',
    help: 'after how long a consumer that says nothing loses its partitions to others',
    default: 10_000,
    min: 2_000,
    max: 300_000,
  })
  if (access.brokers.length === 0) return { kind: 'embedded', path, partitions }
  return { kind: 'kafka', partitions, ...access, timing: { sessionTimeoutMs } }
}

function readKafkaSettings(settings: Settings): KafkaAccess {
  const brokers = readBrokers(settings)
  const [tls, sasl] = [readTls(settings), readSasl(settings)]
  return { brokers, ...(tls && { tls }), ...(sasl && { sasl }) }
}

function readBrokers(settings: Settings): string[] {
  const help = 'Kafka brokers, host:port, several by commas; none for a file'
  const text = settings.text({ flag: 'kafka-brokers', help, default: '' })
  if (text === '') return []
  return text.split(',').map((one) => {
    const broker = one.trim()
    const { host, port, pathname } = URL.parse(`kafka://${broker}`) ?? {}
    if (host !== broker || !port || pathname) {
      const examples = 'localhost:9092 or [::1]:9092'
      settings.refuse(`--kafka-brokers is "${broker}": give brokers such as ${examples}`)
    }
    return broker
  })
}

function readTls(settings: Settings): KafkaTls | undefined {
  const isOn = settings.choice({
    flag: 'kafka-tls',
    help: 'whether connections to Kafka are encrypted: true or false',
    of: switches,
    default: 'false',
  })
  const caPath = readOptional(settings, 'kafka-tls-ca', 'PEM file of the authority of the brokers')
  const certPath = readOptional(settings, 'kafka-tls-cert', 'PEM file of our own certificate')
  const keyPath = readOptional(settings, 'kafka-tls-key', 'PEM file of its key')
  const files = [caPath, certPath, keyPath]
  if ((certPath === undefined) !== (keyPath === undefined)) {
    settings.refuse('--kafka-tls-cert and --kafka-tls-key: give both, or neither')
  }
  if (isOn === 'true') {
    return { ...(caPath && { caPath }), ...(certPath && { certPath }), ...(keyPath && { keyPath }) }
  }
  if (files.some((file) => file !== undefined)) {
    settings.refuse('--kafka-tls has to be true for --kafka-tls-ca, -cert and -key')
  }
  return undefined
}

function readSasl(settings: Settings): KafkaSasl | undefined {
  const mechanism = settings.choice({
    flag: 'kafka-sasl-mechanism',
    help: `how to log in to Kafka: ${mechanisms.join(', ')}`,
    of: mechanisms,
    default: 'none',
  })
  const username = settings.text({ flag: 'kafka-sasl-username', help: 'as whom', default: '' })
  const password = settings.text({
    flag: 'kafka-sasl-password',
    help: 'with which password; a flag is seen by all on this machine',
    default: '',
  })
  const isComplete = username !== '' && password !== ''
  if (mechanism !== 'none') {
    if (!isComplete) settings.refuse(`${mechanism} needs --kafka-sasl-username and -password`)
    return { mechanism, username, password }
  }
  if (username !== '' || password !== '') {
    settings.refuse('--kafka-sasl-mechanism says how to use --kafka-sasl-username and -password')
  }
  return undefined
}

function readOptional(settings: Settings, flag: string, help: string): string | undefined {
  return settings.text({ flag, help, default: '' }) || undefined
}
