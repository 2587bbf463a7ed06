import { afterAll, beforeAll, expect, test } from 'bun:test'
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startKafka } from '@marquee/testing/backends/kafka'
import { serverPorts } from '@marquee/testing/backends/server-ports'
import { installed } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import kafkajs from 'kafkajs'
import { pino } from 'pino'
import { benchAt, numbered, uniqueTopic } from '../contract/bench.ts'
import type { KafkaAccess } from './client.ts'
import { createKafkaEventLog } from './kafka.ts'

const log = pino({ level: 'silent' })

/** A key and a certificate that signs itself, by openssl; the broker wants both in one file. */
async function createCertificate(folder: string) {
  const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
  const args = ['req', ...kind, '-keyout', key, '-out', certificate, ...subject]
  execFileSync('openssl', args, { stdio: 'ignore' })
  await writeFile(both, `${await readFile(key, 'utf8')}${await readFile(certificate, 'utf8')}`)
  return { certificate, both }
}

describeWith(installed('kafka'), 'a Kafka that asks who calls', () => {
  const stack = new AsyncDisposableStack()
  let access: KafkaAccess
  let admin: kafkajs.Admin

  beforeAll(async () => {
    const folder = stack.use(await temporaryFolder())
    const { certificate, both } = await createCertificate(folder.path)
    const [port = 0] = await serverPorts(1)
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule'
    const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
    const kafka = stack.use(
      await startKafka({
        listeners: { SASL_SSL: port },
        formatArgs: ['--add-scram', 'SCRAM-SHA-256=[name=alice,password=secret]'],
        properties: {
          'sasl.enabled.mechanisms': 'SCRAM-SHA-256,PLAIN',
          'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${scram} required;`,
          'listener.name.sasl_ssl.plain.sasl.jaas.config': `${plain} required user_bob="hidden";`,
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.location': both,
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'super.users': 'User:ANONYMOUS;User:alice',
        },
      }),
    )
    const sasl = { mechanism: 'scram-sha-256', username: 'alice', password: 'secret' } as const
    access = { brokers: [`localhost:${port}`], tls: { caPath: certificate }, sasl }
    const { Kafka, logLevel } = kafkajs
    admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
  }, 60_000)

  afterAll(async () => {
    await admin.disconnect()
    await stack.disposeAsync()
  }, 60_000)

  const open = (changes: Partial<KafkaAccess> = {}) =>
    createKafkaEventLog({ ...access, ...changes, partitions: 4, log })
  const bob = { mechanism: 'plain', username: 'bob', password: 'hidden' } as const
  const consuming = {
    group: 'readers',
    batchSizeMax: 1,
    handle: async () => 0,
  }

  async function expectRefused(changes: Partial<KafkaAccess>, topic: string, reason: RegExp) {
    await using eventLog = await open(changes)
    const record = { key: '', value: new Uint8Array() }
    await expect(eventLog.append(topic, [record])).rejects.toThrow(reason)
    await expect(eventLog.consume({ ...consuming, topic })).rejects.toThrow(reason)
  }

  test('takes and gives records, encrypted, for whom it knows', async () => {
    await using bench = await benchAt({ open, async [Symbol.asyncDispose]() {} })
    await bench.log.append(bench.topic, numbered(0, 50))
    const reader = await bench.read()
    await reader.hasSeen(50)
  })

  test('a wrong password is refused at once, and not shown', async () => {
    const sasl = { ...bob, password: 'guessed' }
    await expectRefused({ sasl }, uniqueTopic(), /^(?!.*guessed).*[Aa]uthentication failed/)
  })

  test('a topic that is absent and may not be made is named, with what to do', async () => {
    const topic = uniqueTopic()
    const reason = new RegExp(`"${topic}" is absent or hidden, .*AUTHORIZATION_FAILED.*make it`)
    await expectRefused({ sasl: bob }, topic, reason)
  })

  test('a topic that was made for us serves also where none may be made', async () => {
    const topic = uniqueTopic()
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
    const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } =
      kafkajs
    const rights = [
      [AclResourceTypes.TOPIC, topic],
      [AclResourceTypes.GROUP, `readers of ${topic}`],
    ] as const
    await admin.createAcls({
      acl: rights.map(([resourceType, resourceName]) => ({
        resourceType,
        resourceName,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: 'User:bob',
        host: '*',
        operation:
          resourceType === AclResourceTypes.TOPIC ? AclOperationTypes.ALL : AclOperationTypes.READ,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    })
    const place = { open: () => open({ sasl: bob }), async [Symbol.asyncDispose]() {} }
    await using bench = await benchAt(place, topic)
    await bench.log.append(topic, numbered(0, 20))
    const reader = await bench.read()
    await reader.hasSeen(20)
    expect(reader.consumption.progress()).toHaveLength(2)
  })

  test('a broker whose certificate nobody we trust has signed is not talked to', async () => {
    await using eventLog = await open({ tls: {} })
    const record = { key: '', value: new Uint8Array() }
    await expect(eventLog.append(uniqueTopic(), [record])).rejects.toThrow(/certificate|Connection/)
  })

  test('a certificate file that is not there is named', async () => {
    await expect(open({ tls: { caPath: '/nowhere/ca.pem' } })).rejects.toThrow(
      'cannot read the PEM file /nowhere/ca.pem',
    )
  })

  alsoOnDenoAndNode(import.meta.filename, { only: /takes and gives|password|certificate/ })
})
