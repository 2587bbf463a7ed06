import { backend } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { pino } from 'pino'
import { eventLogContract } from '../contract/contract.ts'
import { partitionCount } from '../contract/fixture.ts'
import { createKafkaEventLog, kafkaCapabilities } from './kafka.ts'

/** Shorter times than the defaults, so that the group rebalances sooner. */
const timing = { heartbeatIntervalMs: 200, pollWaitMs: 100, commitIntervalMs: 200 }
const log = pino({ level: 'silent' })

describeWith(backend('kafka'), 'with Kafka', (address) => {
  const open = () =>
    createKafkaEventLog({ brokers: [address], partitions: partitionCount, log, timing })
  const place = { open, async [Symbol.asyncDispose]() {} }
  eventLogContract('kafka', async () => place, kafkaCapabilities)
  alsoOnDenoAndNode(import.meta.filename)
})
