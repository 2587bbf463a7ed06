import { expect, test } from 'bun:test'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Phrases that the page used to have, and what it says now. */
const replaced: Readonly<Record<string, string>> = {
  'Take back': 'Remove rating',
  'Storing…': 'Saving…',
  'Not stored': "Couldn't save",
  'so it is as it was': 'Your rating is unchanged.',
  'Ratings are unavailable': 'Ratings are offline.',
  'may be old': 'Showing the last known ratings.',
  'goes on': 'Reconnecting…',
  'Be the first': 'Pick a score under any poster',
  'Since you opened': 'Live rating',
  'has come in': 'nothing',
  'Nothing to draw': 'nothing',
  'instances serve': 'All systems operational',
  'cannot be watched': "Can't reach the movie service",
  'Rating events that wait': 'Ingest lag',
  'Rating events applied': 'Events ingested per second',
  'every event could be applied': 'No dead letters.',
  'The answer appears': 'Send a request to see the response.',
  'Headers and deadline': 'Headers, auth & timeout',
  'as the system': 'Theme: system',
  'At IMDb': 'IMDb 8.7/10',
  'No answer': 'Offline',
  'Try a call': 'API explorer',
  'at present': 'currently, or nothing',
  'by itself': 'Retrying…',
  'by themselves': 'Retrying…',
  'Nobody has': 'No ratings yet',
  'knows nothing of': "couldn't find",
  'There is no such': 'not found',
  'cannot be reached': "Can't reach",
  'could not be loaded': "Couldn't load",
  'Calls a second': 'Requests per second',
  'Time to answer': 'Probe latency',
  'Asking…': 'Loading…',
  'does not answer': "Can't reach",
  'The same as a table': 'Table',
  'The same call by': 'Copy as',
  'Single keys do': 'Single-key shortcuts',
}

test('the page uses the words of its copy, not those that they replaced', () => {
  const found = globSync('**/*.{ts,tsx,html}', { cwd: import.meta.dirname })
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => {
      const text = readFileSync(join(import.meta.dirname, path), 'utf8')
      return Object.entries(replaced)
        .filter(([phrase]) => text.includes(phrase))
        .map(([phrase, instead]) => `${path} has "${phrase}"; write ${instead}`)
    })
  expect(found).toEqual([])
})
