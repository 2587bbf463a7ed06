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
import { waitFor } from '@marquee/testing/wait-for'
import kafkajs from 'kafkajs'
import { pino } from 'pino'
import { fixtureAt, numbered, uniqueTopic } from '../contract/fixture.ts'
import type { KafkaAccess } from './client.ts'
import { createKafkaEventLog } from './kafka.ts'

const log = pino({ level: 'silent' })

/** Creates a key and a self-signed certificate with openssl. The broker needs both in one file. */
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

describeWith(installed('kafka'), 'a Kafka with authentication:', () => {
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

  async function expectRejected(changes: Partial<KafkaAccess>, topic: string, reason: RegExp) {
    await using eventLog = await open(changes)
    const record = { key: '', value: new Uint8Array() }
    await expect(eventLog.append(topic, [record])).rejects.toThrow(reason)
    await expect(eventLog.consume({ ...consuming, topic })).rejects.toThrow(reason)
  }

  test('an authenticated client appends and reads records over TLS', async () => {
    await using fixture = await fixtureAt({ open, async [Symbol.asyncDispose]() {} })
    await fixture.log.append(fixture.topic, numbered(0, 50))
    const reader = await fixture.read()
    await reader.hasSeen(50)
  })

  test('a wrong password is rejected immediately, and not shown', async () => {
    const sasl = { ...bob, password: 'guessed' }
    await expectRejected({ sasl }, uniqueTopic(), /^(?!.*guessed).*[Aa]uthentication failed/)
  })

  test('the error for an absent topic that may not be created names the topic and what to do', async () => {
    const topic = uniqueTopic()
    const reason = new RegExp(`"${topic}" is absent or hidden, .*AUTHORIZATION_FAILED.*create it`)
    await expectRejected({ sasl: bob }, topic, reason)
  })

  test('an existing topic is used by a client that may not create topics', async () => {
    const topic = uniqueTopic()
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
    const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } =
      kafkajs
    const permissions = [
      [AclResourceTypes.TOPIC, topic],
      [AclResourceTypes.GROUP, `readers of ${topic}`],
    ] as const
    await admin.createAcls({
      acl: permissions.map(([resourceType, resourceName]) => ({
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
    await using fixture = await fixtureAt(place, topic)
    await fixture.log.append(topic, numbered(0, 20))
    const reader = await fixture.read()
    await reader.hasSeen(20)
    expect(reader.consumption.progress()).toHaveLength(2)
  })

  test('the error for a policy that may not be changed or seen names the topic and what to do', async () => {
    const topic = uniqueTopic()
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } =
      kafkajs
    const allow = (operation: kafkajs.AclOperationTypes) =>
      admin.createAcls({
        acl: [
          {
            resourceType: AclResourceTypes.TOPIC,
            resourceName: topic,
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal: 'User:bob',
            host: '*',
            operation,
            permissionType: AclPermissionTypes.ALLOW,
          },
        ],
      })
    await allow(AclOperationTypes.READ)
    await using eventLog = await open({ sasl: bob })
    const failsWith = (reason: RegExp) =>
      // A broker applies a permission shortly after it is granted.
      waitFor(
        () =>
          eventLog.ensureTopic(topic, { cleanup: 'compact' }).then(
            () => false,
            ({ message }: Error) => reason.test(message),
          ),
        { what: `the error ${reason}` },
      )
    await failsWith(new RegExp(`^the configuration of the topic "${topic}" cannot be read`))
    await allow(AclOperationTypes.DESCRIBE_CONFIGS)
    await failsWith(/refuses to change it to compact .*grant permission$/)
  })

  test('a broker with an untrusted certificate is rejected', async () => {
    await using eventLog = await open({ tls: {} })
    const record = { key: '', value: new Uint8Array() }
    await expect(eventLog.append(uniqueTopic(), [record])).rejects.toThrow(/certificate|Connection/)
  })

  test('the error for a missing certificate file names the file', async () => {
    await expect(open({ tls: { caPath: '/nowhere/ca.pem' } })).rejects.toThrow(
      'cannot read the PEM file /nowhere/ca.pem',
    )
  })

  alsoOnDenoAndNode(import.meta.filename, { only: /over TLS|password|certificate/ })
})
