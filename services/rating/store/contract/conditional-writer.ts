// A separate process for the tests of concurrent writers. Puts one rating of the store at URL on the
// condition that nobody else has put it since it was read, until COUNT of its puts took place. Prints
// each as JSON: the revisions before and after it.
import { setImmediate } from 'node:timers/promises'
import { openRatingStore } from '../open.ts'
import { alien, movie, put, rules } from './fixtures.ts'

const [url = '', count = ''] = process.argv.slice(2)
await using store = await openRatingStore(url, { rules })
process.stdout.write('ready\n')
while ((await store.get(movie('go'), 'ann')) === undefined) await setImmediate()
let [won, lost] = [0, 0]
while (won < Number(count)) {
  const before = (await store.get(alien, 'ann'))?.revision
  await setImmediate()
  const outcome = await store.edit(put('ann', 1 + (won % 5)), (revision) => revision === before)
  if (outcome.kind === 'unmet') lost++
  else {
    won++
    process.stdout.write(`${JSON.stringify({ before, after: outcome.stamp?.revision })}\n`)
  }
}
process.stdout.write(`done, ${lost} lost\n`)
