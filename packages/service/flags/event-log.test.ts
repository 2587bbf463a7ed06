import { expect, test } from 'bun:test'
import { readEventLogConfig } from './event-log.ts'
import { FlagsError, readFlags } from './flags.ts'

function read(env: Record<string, string>, ...args: string[]) {
  const flags = readFlags('program: what it does', { args, env })
  const config = readEventLogConfig(flags, 'data')
  flags.finish()
  return config
}

test('without brokers the log is a file', () => {
  expect(read({})).toEqual({ kind: 'embedded', path: 'data/events.db', partitions: 4 })
  expect(read({ EVENT_LOG: 'x.db' }, '--event-log-partitions', '9')).toEqual({
    kind: 'embedded',
    path: 'x.db',
    partitions: 9,
  })
})

test('with brokers the log is in Kafka', () => {
  expect(read({ KAFKA_BROKERS: 'one:9092, 10.0.0.7:9093,[::1]:9092' })).toMatchObject({
    kind: 'kafka',
    brokers: ['one:9092', '10.0.0.7:9093', '[::1]:9092'],
    partitions: 4,
  })
})

test('TLS and a login to Kafka have their own flags', () => {
  const env = {
    KAFKA_BROKERS: 'one:9092',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA: 'ca.pem',
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'ann',
    KAFKA_SASL_PASSWORD: 'p',
  }
  expect(read(env)).toMatchObject({
    tls: { caPath: 'ca.pem' },
    sasl: { mechanism: 'scram-sha-512', username: 'ann', password: 'p' },
  })
})

test.each([
  ['a broker without a port', { KAFKA_BROKERS: 'one' }, '--kafka-brokers is "one"'],
  [
    'a broker that is a URL',
    { KAFKA_BROKERS: 'http://one:1' },
    '--kafka-brokers is "http://one:1"',
  ],
  ['an address of IPv6 without brackets', { KAFKA_BROKERS: '::1:9092' }, 'or [::1]:9092'],
  ['an address of IPv6 without a port', { KAFKA_BROKERS: '[::1]' }, 'or [::1]:9092'],
  ['an empty broker', { KAFKA_BROKERS: 'one:1,' }, '--kafka-brokers is ""'],
  ['a CA without TLS', { KAFKA_TLS_CA: 'ca.pem' }, '--kafka-tls has to be true'],
  ['a certificate without its key', { KAFKA_TLS_CERT: 'c.pem' }, 'give both, or neither'],
  ['a login without a password', { KAFKA_SASL_MECHANISM: 'plain' }, 'plain needs'],
  ['a password without a mechanism', { KAFKA_SASL_PASSWORD: 'p' }, 'says how to use'],
])('%s is refused', (_, env, reason) => {
  const attempt = () => read({ KAFKA_BROKERS: 'one:9092', ...env } as Record<string, string>)
  expect(attempt).toThrow(FlagsError)
  expect(attempt).toThrow(reason)
})
