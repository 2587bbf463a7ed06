import type { Flags } from './flags.ts'

/** Topics and group of an installation. Two installations on one Kafka need different names. */
export interface EventLogNames {
  readonly topic: string
  /** Dead-letter topic: events that cannot be applied. */
  readonly deadLetterTopic: string
  /** Topic of every accepted change of a rating. */
  readonly changesTopic: string
  /** Topic of the aggregates. */
  readonly aggregatesTopic: string
  readonly group: string
}

/** Names that Kafka accepts for a topic (https://kafka.apache.org/documentation). */
const topicPattern = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/
const groupLengthMax = 255

/** Reads the names. By default, the dead-letter topic is the topic with `.dlq`. */
export function readEventLogNames(flags: Flags): EventLogNames {
  const topic = flags.text({
    flag: 'event-log-topic',
    help: 'the topic of rating events',
    default: 'ratings',
  })
  const deadLetterTopic = flags.text({
    flag: 'event-log-dead-letter-topic',
    help: 'the topic of events that cannot be applied; by default the topic of rating events with .dlq',
    default: `${topic}.dlq`,
  })
  const changesTopic = flags.text({
    flag: 'event-log-changes-topic',
    help: 'the topic that every accepted change of a rating is published to',
    default: 'rating-changes',
  })
  const aggregatesTopic = flags.text({
    flag: 'event-log-aggregates-topic',
    help: 'the topic that the aggregates are published to',
    default: 'rating-aggregates',
  })
  const group = flags.text({
    flag: 'event-log-group',
    help: 'the consumer group; give each installation its own',
    default: 'rating',
  })
  for (const name of [topic, deadLetterTopic, changesTopic, aggregatesTopic]) {
    if (topicPattern.test(name)) continue
    flags.refuse(`"${name}" cannot be a topic: use letters, digits, ".", "_" and "-"; at most 249`)
  }
  const taken = new Set([topic])
  for (const [flag, name] of [
    ['event-log-dead-letter-topic', deadLetterTopic],
    ['event-log-changes-topic', changesTopic],
    ['event-log-aggregates-topic', aggregatesTopic],
  ] as const) {
    if (taken.has(name)) flags.refuse(`--${flag} is "${name}" as well: give another topic`)
    taken.add(name)
  }
  if (group.length === 0 || group.length > groupLengthMax) {
    flags.refuse(`--event-log-group must have 1 to ${groupLengthMax} characters`)
  }
  return { topic, deadLetterTopic, changesTopic, aggregatesTopic, group }
}
