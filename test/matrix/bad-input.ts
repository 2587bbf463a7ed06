import type { DescMethod } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type Payload, pathOf } from './bindings.ts'
import type { RawRequest } from './raw-http.ts'

const { getAggregatedRating, listTopRated, putRating } = RatingService.method
const { getMetadata, listMetadata } = MetadataService.method

const tooLong = 'x'.repeat(129)
/** A valid rating. */
export const rating = { recordId: '1', recordType: 'movie', userId: 'a', value: 5 }
export const json = (value: unknown): Payload => ({ data: JSON.stringify(value), form: 'json' })

export interface BadMessage {
  readonly what: string
  readonly method: DescMethod
  readonly payload: Payload
  readonly says: RegExp
  /** Default: INVALID_ARGUMENT. */
  readonly code?: Code
}

/** Invalid messages of a unary RPC, for every protocol. */
export const badMessages: readonly BadMessage[] = [
  ...[0, 6, -1, 3.7, 1e40].map((value) => ({
    what: `a value of ${value}`,
    method: putRating,
    payload: json({ ...rating, value }),
    says: /^value: must be 0\.5 to 5 in steps of 0\.5$/,
  })),
  ...['x', true, {}].map((value) => ({
    what: `a value of ${JSON.stringify(value)}`,
    method: putRating,
    payload: json({ ...rating, value }),
    says: /PutRatingRequest\.value from JSON: expected number \(float64\)/,
  })),
  {
    what: 'an empty id',
    method: getAggregatedRating,
    payload: json({ recordId: '', recordType: 'movie' }),
    says: /^record_id: must be at least 1 characters/,
  },
  {
    what: 'a long id',
    method: getMetadata,
    payload: json({ movieId: tooLong }),
    says: /^movie_id: must be at most 128 characters/,
  },
  {
    what: 'an id with white space',
    method: putRating,
    payload: json({ ...rating, recordId: 'a b' }),
    says: /^record_id: does not match/,
  },
  ...[listTopRated, listMetadata].flatMap((method) => [
    {
      what: `a negative page size of ${method.name}`,
      method,
      payload: json({ recordType: 'movie', pageSize: -1 }),
      says: /^page_size: must be greater than or equal to 0/,
    },
    {
      what: `a page token that ${method.name} never gave`,
      method,
      payload: json({ recordType: 'movie', pageToken: 'bm9wZQ' }),
      says: /^page_token belongs to another list: send the next_page_token of the page before/,
    },
  ]),
  {
    what: 'malformed JSON',
    method: getAggregatedRating,
    payload: { data: '{"recordId":', form: 'json' },
    says: /^cannot decode message rating\.v1\.GetAggregatedRatingRequest from JSON: /,
  },
  {
    what: 'malformed protobuf',
    method: getAggregatedRating,
    payload: { data: Buffer.from([0x0a, 0xff, 0xff]), form: 'proto' },
    says: /^the message is not a rating\.v1\.GetAggregatedRatingRequest in binary form: /,
  },
  {
    what: 'protobuf text that is no UTF-8',
    method: getAggregatedRating,
    payload: { data: Buffer.from([0x0a, 0x02, 0xff, 0xfe]), form: 'proto' },
    says: /^the message is not a rating\.v1\.GetAggregatedRatingRequest in binary form: /,
  },
  {
    what: 'a compression that nobody knows',
    method: putRating,
    payload: { ...json(rating), encoding: 'lzw' },
    code: Code.Unimplemented,
    says: /^unknown compression "lzw": supported are gzip/,
  },
  {
    what: 'a message that is not compressed as it says',
    method: putRating,
    payload: { ...json(rating), encoding: 'gzip' },
    says: /^a message is not compressed by gzip: /,
  },
]

export interface BadRequest extends Omit<RawRequest, 'http'> {
  readonly what: string
  readonly status: number
  readonly says: RegExp
}

/** Requests that HTTP, Connect's GET and REST refuse. */
export const badRequests: readonly BadRequest[] = [
  {
    what: 'a content type that nobody knows',
    verb: 'POST',
    path: pathOf(putRating),
    fields: { 'content-type': 'text/plain' },
    status: 415,
    says: /content type "text\/plain" is not one of application\/json/,
  },
  {
    what: 'a method that does not exist',
    verb: 'POST',
    path: '/rating.v1.RatingService/Nope',
    fields: { 'content-type': 'application/json' },
    status: 404,
    says: /Nope is not served here/,
  },
  { what: 'a path', verb: 'GET', path: '/nope', status: 404, says: /\/nope is not served here/ },
  {
    what: 'a verb that an RPC does not have',
    verb: 'DELETE',
    path: pathOf(putRating),
    status: 405,
    says: /is called by POST, not DELETE/,
  },
  {
    what: 'a GET of an RPC with effects',
    verb: 'GET',
    path: `${pathOf(putRating)}?connect=v1&encoding=json&message=%7B%7D`,
    status: 405,
    says: /is called by POST, not GET/,
  },
  {
    what: 'a GET whose message is not base64',
    verb: 'GET',
    path: `${pathOf(getAggregatedRating)}?connect=v1&encoding=proto&base64=1&message=***`,
    status: 400,
    says: /message is not base64/,
  },
  {
    what: 'a verb that a REST route does not have',
    verb: 'POST',
    path: '/rating?id=1',
    status: 405,
    says: /takes GET, HEAD, PUT, not POST/,
  },
  ...['0', '5.5', '3.7', 'x', ''].map((value) => ({
    what: `a value of "${value}" by REST`,
    verb: 'PUT',
    path: `/rating?id=1&type=movie&userId=a&value=${value}`,
    status: 400,
    says: /value: (must be 0\.5 to 5 in steps of 0\.5|value is required)/,
  })),
  ...['', tooLong].map((id) => ({
    what: `an id of ${id.length} characters by REST`,
    verb: 'GET',
    path: `/rating?id=${id}&type=movie`,
    status: 400,
    says: /record_id: must be at (least 1|most 128) characters/,
  })),
]
