import { expect, test } from 'bun:test'
import { readEventLogNames } from './event-log-names.ts'
import { readFlags } from './flags.ts'

function read(env: Record<string, string>) {
  const flags = readFlags('program: what it does', { args: [], env })
  const names = readEventLogNames(flags)
  flags.finish()
  return names
}

test('topics and group have names of their own, and the dead letters follow the topic', () => {
  const feed = { changesTopic: 'rating-changes', aggregatesTopic: 'rating-aggregates' }
  const names = { topic: 'ratings', deadLetterTopic: 'ratings.dlq', group: 'rating' }
  expect(read({})).toEqual({ ...names, ...feed })
  expect(read({ EVENT_LOG_TOPIC: 'staging', EVENT_LOG_GROUP: 'us' })).toEqual({
    topic: 'staging',
    deadLetterTopic: 'staging.dlq',
    group: 'us',
    ...feed,
  })
  expect(read({ EVENT_LOG_DEAD_LETTER_TOPIC: 'dead' })).toMatchObject({ deadLetterTopic: 'dead' })
})

test.each([
  [{ EVENT_LOG_TOPIC: 'a topic' }, '"a topic" cannot be a topic'],
  [{ EVENT_LOG_TOPIC: '..' }, '".." cannot be a topic'],
  [{ EVENT_LOG_TOPIC: 'x'.repeat(250) }, 'at most 249'],
  [{ EVENT_LOG_TOPIC: 'one', EVENT_LOG_DEAD_LETTER_TOPIC: 'one' }, 'give another topic'],
  [{ EVENT_LOG_CHANGES_TOPIC: 'a topic' }, '"a topic" cannot be a topic'],
  [{ EVENT_LOG_AGGREGATES_TOPIC: 'ratings.dlq' }, '--event-log-aggregates-topic is'],
  [{ EVENT_LOG_GROUP: 'x'.repeat(256) }, '--event-log-group must have 1 to 255'],
])('names that cannot be used are refused: %o', (env, reason) => {
  expect(() => read(env as unknown as Record<string, string>)).toThrow(reason)
})
