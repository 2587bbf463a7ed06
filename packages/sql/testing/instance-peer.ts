// A separate process for instance.test.ts. Uses the database PATH until it is killed.
import { announceUse } from '../sqlite/instance.ts'

const [path = ''] = process.argv.slice(2)
let state = 'alone'
const use = announceUse(path, (message) => {
  state = message
})
process.stdout.write(`${state}\n`)
setTimeout(() => use[Symbol.dispose](), 60_000)
