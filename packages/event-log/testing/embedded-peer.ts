// A separate process for the tests of the embedded log: `append PATH TOPIC COUNT`, `consume PATH
// TOPIC GROUP`, or `compact PATH TOPIC FROM`.
import { createEmbeddedEventLog } from '../embedded/embedded.ts'

const [command, path = '', topic = '', last = ''] = process.argv.slice(2)
const log = createEmbeddedEventLog({ path, partitions: 4, compactionIntervalMs: 1 })

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

if (command === 'compact') {
  await log.ensureTopic(topic, { cleanup: 'compact' })
  process.stdout.write('compacting\n')
  for (let n = Number(last); ; n += 200) {
    const records = Array.from({ length: 200 }, (_, index) => {
      const value = new TextEncoder().encode(String(n + index))
      return { key: `key ${(n + index) % 50}`, value }
    })
    await log.append(topic, records)
    process.stdout.write(`appended ${n + 200}\n`)
  }
}
