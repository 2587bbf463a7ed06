/** Consumes events and only parses them: `--brokers host:port --topic ratings --count N`. */
import { parseArgs } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'

const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: '' },
    count: { type: 'string', default: '0' },
  },
})
const kafka = new Kafka({ brokers: values.brokers.split(','), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `decode-${crypto.randomUUID()}` })
let count = 0
let put = 0
await consumer.connect()
await consumer.subscribe({ topics: [values.topic], fromBeginning: true })
await consumer.run({
  eachBatch: async ({ batch: { messages } }) => {
    for (const { value } of messages) {
      if (JSON.parse(value?.toString() ?? 'null').eventType === 'put') put++
    }
    count += messages.length
    process.stdout.write(`decoded ${count}\n`)
    if (count < Number(values.count)) return
    process.stdout.write(`done, ${put} put\n`)
  },
})
