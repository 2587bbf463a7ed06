import { expect, test } from 'bun:test'
import { freePorts } from '@marquee/testing/free-ports'
import { pino } from 'pino'
import { createKafkaEventLog } from './kafka.ts'

test('a read fails with a temporary error when no broker responds', async () => {
  const [port] = await freePorts(1)
  const log = pino({ level: 'silent' })
  const brokers = [`127.0.0.1:${port}`]
  await using eventLog = await createKafkaEventLog({ brokers, partitions: 1, log })
  const read = eventLog.read('events', { partition: 0, offset: 0, countMax: 1 })
  await expect(read).rejects.toMatchObject({ name: 'UnreachableError', temporary: true })
})
