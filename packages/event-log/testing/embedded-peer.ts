// A separate process for event-log.test.ts: `append PATH TOPIC COUNT` or `consume PATH TOPIC
// GROUP`.
import { createEmbeddedEventLog } from '../embedded/embedded.ts'

const [command, path = '', topic = '', last = ''] = process.argv.slice(2)
const log = createEmbeddedEventLog({ path, partitions: 4 })

if (command === 'append') {
  const value = new TextEncoder().encode('from another process')
  for (let n = 0; n < Number(last); n += 100) {
    const records = Array.from({ length: 100 }, (_, index) => ({ key: `${n + index}`, value }))
    await log.append(topic, records)
  }
  await log[Symbol.asyncDispose]()
}

if (command === 'consume') {
  let handled = 0
  await log.consume({
    topic,
    group: last,
    batchSizeMax: 100,
    position: async () => undefined,
    async handle({ records }) {
      handled += records.length
      process.stdout.write(`handled ${handled}\n`)
      return (records.at(-1)?.offset ?? 0) + 1
    },
  })
  process.stdout.write('consuming\n')
}
