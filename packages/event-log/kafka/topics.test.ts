import { expect, test } from 'bun:test'
import type { Admin, Kafka } from 'kafkajs'
import { createTopics } from './topics.ts'

const absent = Object.assign(new Error('no such topic'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
const electing = Object.assign(new Error('no leader'), { type: 'LEADER_NOT_AVAILABLE' })
const found = { topics: [{ name: 'new', partitions: [{ leader: 1 }] }] }
const leaderless = { topics: [{ name: 'new', partitions: [{ leader: 1 }, { leader: -1 }] }] }

test('a topic that brokers do not know immediately after it was created is waited for', async () => {
  const responses = [absent, absent, electing, leaderless, found]
  const created: string[] = []
  const topics = createTopics(kafkaWith(responses, created), 3)
  await topics.ensure('new')
  expect(responses).toEqual([])
  expect(created).toEqual(['new'])
  await topics.ensure('new')
  expect(created).toEqual(['new'])
})

test('another failure after a topic was created is reported', async () => {
  const denied = Object.assign(new Error('denied'), { type: 'CLUSTER_AUTHORIZATION_FAILED' })
  const topics = createTopics(kafkaWith([absent, denied], []), 3)
  expect(await topics.ensure('new').catch((error: Error) => error)).toBe(denied)
})

/** Returns a client whose broker gives these responses about topics, one after the other. */
function kafkaWith(responses: unknown[], created: string[]): Kafka {
  const admin: Partial<Admin> = {
    connect: async () => {},
    async fetchTopicMetadata() {
      const response = responses.shift()
      if (response instanceof Error) throw response
      return response as never
    },
    async createTopics({ topics }) {
      created.push(...topics.map(({ topic }) => topic))
      return true
    },
  }
  return { admin: () => admin } as unknown as Kafka
}
