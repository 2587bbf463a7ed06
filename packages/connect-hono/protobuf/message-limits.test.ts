import { describe, expect, test } from 'bun:test'
import { create, type DescMessage, type Message, toBinary, toJsonString } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { MetadataService, PutMetadataRequestSchema } from '../../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../../gen/movie/v1/movie_pb.ts'
import {
  BatchGetAggregatedRatingsRequestSchema,
  RatingService,
} from '../../../gen/rating/v1/rating_pb.ts'
import { ActivityService, DeadLetterService } from '../../../gen/system/v1/system_pb.ts'
import { HealthCheckRequestSchema } from '../gen/grpc/health/v1/health_pb.ts'
import { ServerReflectionRequestSchema } from '../gen/grpc/reflection/v1/reflection_pb.ts'
import { rpcLimits } from '../limits.ts'
import { createValidate } from '../validation.ts'
import { largestMessage } from './largest-message.ts'
import { messageCheck } from './message-check.ts'
import { messageLimitsOf } from './message-limits.ts'

const services = [MetadataService, RatingService, MovieService, ActivityService, DeadLetterService]
const methods = services.flatMap((service) => service.methods)
const kibibyte = 1024

/** Two UTF-16 units, four bytes of UTF-8, and twelve when JSON escapes it. */
const longest = '\u{1f600}'
const escaped = (json: string) => json.replaceAll(longest, '\\ud83d\\ude00')

const largest: readonly (readonly [DescMessage, Message])[] = [
  [
    PutMetadataRequestSchema,
    create(PutMetadataRequestSchema, {
      metadata: {
        id: longest.repeat(128),
        title: longest.repeat(500),
        description: longest.repeat(10_000),
        director: longest.repeat(500),
        releaseDate: '1994-09-23',
        year: 1994,
        genres: Array.from({ length: 32 }, () => longest.repeat(64)),
        runningTimeMinutes: 100_000,
        imdbRating: 9.1,
        imdbVotes: 2 ** 31 - 1,
        updateTime: { seconds: 253_402_300_799n, nanos: 999_999_999 },
        externalIds: {
          imdb: 'tt1234567890',
          tmdb: '1234567890',
          letterboxd: `https://letterboxd.com/film/${'a'.repeat(96)}/`,
          trakt: '1234567890',
          movielens: '1234567890',
        },
        etag: longest.repeat(64),
      },
      etag: longest.repeat(1024),
    }),
  ],
  [
    BatchGetAggregatedRatingsRequestSchema,
    create(BatchGetAggregatedRatingsRequestSchema, {
      records: Array.from({ length: 500 }, () => ({
        recordId: longest.repeat(128),
        recordType: longest.repeat(64),
      })),
    }),
  ],
]

test.each(largest)('the largest valid %s sets every field', (desc, message) => {
  const unset = unsetFields(reflect(desc, message))
  // It excludes the etag.
  expect(unset.filter((name) => !name.endsWith('.must_not_exist'))).toEqual([])
})

test.each(largest)('the largest valid %s is accepted, in binary and in JSON', (desc, message) => {
  const limits = messageLimitsOf(desc, rpcLimits)
  expect(createValidate()(desc, message)).toBeUndefined()
  const binary = toBinary(desc, message)
  const json = Buffer.from(escaped(toJsonString(desc, message, { prettySpaces: 4 })))
  expect(binary.length).toBeLessThan(limits.proto.bytesMax)
  expect(json.length).toBeLessThan(limits.json.bytesMax)
  messageCheck(desc, 'proto', limits.proto)(binary)
  messageCheck(desc, 'json', limits.json)(json)
})

test.each(methods)(
  'a request of $name has its own limits, far below the general ones',
  (method) => {
    const { proto, json } = messageLimitsOf(method.input, rpcLimits)
    expect(proto.bytesMax).toBeLessThan(512 * kibibyte)
    expect(json.bytesMax).toBeLessThan(1_536 * kibibyte)
    expect(proto.elementsMax).toBeLessThan(2_000)
    expect(Object.values(largestMessage(method.input)).every(Number.isFinite)).toBe(true)
  },
)

describe('what the rules leave without a bound', () => {
  test.each([HealthCheckRequestSchema, ServerReflectionRequestSchema])(
    'a message without rules has the default limits: %s',
    (desc) => {
      const { proto, json } = messageLimitsOf(desc, rpcLimits)
      expect(proto.bytesMax).toBe(rpcLimits.unboundedMessageBytesMax)
      expect(json.bytesMax).toBe(rpcLimits.unboundedMessageBytesMax)
    },
  )

  test('the limit of a message is at most that of all messages', () => {
    const limits = { ...rpcLimits, messageBytesMax: 100 }
    expect(messageLimitsOf(HealthCheckRequestSchema, limits).json.bytesMax).toBe(100)
    expect(messageLimitsOf(PutMetadataRequestSchema, limits).proto.bytesMax).toBe(100)
  })
})

/** Returns the fields that the message, or a message in it, does not set. */
function unsetFields(message: ReflectMessage): string[] {
  return message.fields.flatMap((field) => {
    if (!message.isSet(field)) return [field.toString()]
    const isOurs = field.fieldKind === 'message' && !field.message.typeName.startsWith('google.')
    return isOurs ? unsetFields(message.get(field)) : []
  })
}
