import { pino } from 'pino'
import { backend } from '../testing/backends/shared.ts'
import { alsoOnDenoAndNode } from '../testing/other-runtimes/also-on.ts'
import { describeWith } from '../testing/requirements.ts'
import { eventLogContract } from './contract.ts'
import { partitionCount } from './contract-bench.ts'
import { createKafkaEventLog } from './kafka.ts'

/** Shorter times than usual, so that the group shares its partitions sooner. */
const timing = { heartbeatIntervalMs: 200, pollWaitMs: 100, commitIntervalMs: 200 }
const log = pino({ level: 'silent' })

describeWith(backend('kafka'), 'with Kafka', (address) => {
  const open = () =>
    createKafkaEventLog({ brokers: [address], partitions: partitionCount, log, timing })
  const place = { open, async [Symbol.asyncDispose]() {} }
  eventLogContract('kafka', async () => place, { durable: true })
  alsoOnDenoAndNode(import.meta.filename)
})
