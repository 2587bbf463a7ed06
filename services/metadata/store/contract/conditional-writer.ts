// A separate process for the tests of concurrent writers. Edits one movie of the store at URL on the
// condition that nobody else has edited it since it was read, until COUNT edits by all writers took
// place. Prints each edit that took place as JSON: the revisions before and after it.
import { setImmediate } from 'node:timers/promises'
import { openMetadataStore } from '../open.ts'
import { movie } from './fixtures.ts'

const [url = '', count = ''] = process.argv.slice(2)
await using store = await openMetadataStore(url)
process.stdout.write('ready\n')
while ((await store.get('go')) === undefined) await setImmediate()
let lost = 0
for (;;) {
  const seen = await store.get('shared')
  const votes = seen?.runningTimeMinutes ?? 0
  if (votes >= Number(count)) break
  await setImmediate()
  const next = { ...movie('shared'), runningTimeMinutes: votes + 1 }
  const { before, after } = await store.edit('shared', (current) =>
    current?.revision === seen?.revision ? next : 'keep',
  )
  if (before?.revision === after?.revision) lost++
  else {
    const edit = { before: before?.revision, after: after?.revision }
    process.stdout.write(`${JSON.stringify(edit)}\n`)
  }
}
process.stdout.write(`done, ${lost} lost\n`)
