// A process of its own for sqlite-instance.test.ts: uses the database PATH until it is killed.
import { announceUse } from '../sqlite/instance.ts'

const [path = ''] = process.argv.slice(2)
let answer = 'alone'
const use = announceUse(path, (message) => {
  answer = message
})
process.stdout.write(`${answer}\n`)
setTimeout(() => use[Symbol.dispose](), 60_000)
