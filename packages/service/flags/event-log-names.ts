import type { Flags } from './flags.ts'

/** What an installation calls its topics and its group. Two installations on one Kafka need different ones. */
export interface EventLogNames {
  readonly topic: string
  /** Where events go that cannot be applied. */
  readonly deadLetterTopic: string
  readonly group: string
}

/** https://kafka.apache.org/documentation: what a topic may be called. */
const topicPattern = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/
const groupLengthMax = 255

/** Reads the names; the topic of dead letters follows the other. */
export function readEventLogNames(flags: Flags): EventLogNames {
  const topic = flags.text({
    flag: 'event-log-topic',
    help: 'the topic of rating events',
    default: 'ratings',
  })
  const deadLetterTopic = flags.text({
    flag: 'event-log-dead-letter-topic',
    help: 'the topic of events that cannot be applied; by default the other, with .dlq',
    default: `${topic}.dlq`,
  })
  const group = flags.text({
    flag: 'event-log-group',
    help: 'the group that consumes the events; one for each installation',
    default: 'rating',
  })
  for (const name of [topic, deadLetterTopic]) {
    if (topicPattern.test(name)) continue
    flags.refuse(`"${name}" cannot be a topic: use letters, digits, ".", "_" and "-"; at most 249`)
  }
  if (topic === deadLetterTopic) {
    flags.refuse(`--event-log-dead-letter-topic is "${topic}", too: give another topic`)
  }
  if (group.length === 0 || group.length > groupLengthMax) {
    flags.refuse(`--event-log-group must have 1 to ${groupLengthMax} characters`)
  }
  return { topic, deadLetterTopic, group }
}
