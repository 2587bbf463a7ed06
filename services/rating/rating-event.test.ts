import { describe, expect, test } from 'bun:test'
import { fromJson, type JsonObject } from '@bufbuild/protobuf'
import { createValidator } from '@bufbuild/protovalidate'
import { createValidate } from '@marquee/connect-hono/validation'
import fc from 'fast-check'
import { RatingEventSchema } from '../../gen/rating/v1/rating_event_pb.ts'
import { decodeRatingEvent } from './rating-event.ts'
import { createScale, defaultScale } from './scale.ts'
import { defaultScoring, scoringOf } from './scoring.ts'

const ancestors =
  '{"userId":"105","recordId":"1","recordType":"movie","value":5,"providerId":"test-provider","eventType":"put"}'
const valid = JSON.parse(ancestors) as JsonObject

describe('a rating event', () => {
  test('an event in the original format is a put', () => {
    expect(decode(ancestors)).toEqual({
      kind: 'put',
      userId: '105',
      recordId: '1',
      recordType: 'movie',
      value: 5,
    })
  })

  test('a delete event needs no value, and any value is ignored', () => {
    const change = { kind: 'delete', userId: '105', recordId: '1', recordType: 'movie' }
    for (const value of [undefined, null, 0, 3.5, 'x', {}]) {
      expect(decodeWith({ eventType: 'delete', value })).toEqual(change as never)
    }
  })

  test.each([
    ['2026-11-05T18:30:00Z', '2026-11-05T18:30:00.000Z'],
    ['2026-11-05T18:30:00.123999999+05:30', '2026-11-05T13:00:00.123Z'],
    ['1950-01-01T00:00:00.999999Z', '1950-01-01T00:00:00.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ])('the eventTime %s is when the user rated: %s', (eventTime, expected) => {
    expect(decodeWith({ eventTime })).toMatchObject({ ratedTimeMs: Date.parse(expected) })
  })

  test('a delete event has no rated time', () => {
    const change = decodeWith({ eventType: 'delete', eventTime: '2026-11-05T18:30:00Z' })
    expect(change).not.toHaveProperty('ratedTimeMs')
  })

  test.each([
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '9999-12-31T24:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2026-11-05T18:30:60Z',
    '2026-11-05',
  ])('an eventTime that no protobuf Timestamp has, such as %s, is refused', (eventTime) => {
    const reason = 'eventTime must be a time such as "2026-11-05T18:30:00Z"'
    expect(decodeWith({ eventTime })).toEqual({ kind: 'refused', reason })
  })

  test.each([
    ['a field without a name in the contract', { region: 'eu', nested: { a: [1] } }],
    ['optional fields', { eventId: 'e-1', eventTime: '2026-11-05T18:30:00.123Z' }],
    ['optional fields that are null', { eventId: null, eventTime: null, providerId: null }],
    ['a whole number written with a fraction', { value: 4.0 }],
    ['half a star', { value: 0.5 }],
    ['stars and a half', { value: 4.5 }],
    ['ids of 128 characters beyond the basic plane', { userId: '🎬'.repeat(128) }],
    ['a record type of 64 characters', { recordType: 'm'.repeat(64) }],
    ['ids in any script', { recordId: 'фильм-電影' }],
    ['an id with a space beyond ASCII', { recordId: 'a\u00a0b\u2003c\ufeff' }],
  ])('a rating event with %s is accepted', (_, fields) => {
    expect(decodeWith(fields).kind).toBe('put')
  })

  const onScale = 'value must be 0.5 to 5 in steps of 0.5, without quotes'
  const invisible = 'userId must be without spaces and control characters'
  test.each([
    [{ value: 3.25 }, onScale],
    [{ value: 5.5 }, onScale],
    [{ value: 1e300 }, onScale],
    [{ value: 0.5 - 2 ** -54 }, onScale],
    [{ value: '5' }, onScale],
    [{ value: 0 }, onScale],
    [{ value: 6 }, onScale],
    [{ value: -1 }, onScale],
    [{ value: null }, onScale],
    [{ value: undefined }, onScale],
    [{ value: true }, onScale],
    [{ eventType: 'PUT' }, 'eventType must be "put" or "delete"'],
    [{ eventType: undefined }, 'eventType must be "put" or "delete"'],
    [{ userId: undefined }, 'userId is missing'],
    [{ userId: null }, 'userId is missing'],
    [{ userId: '' }, 'userId is missing'],
    [{ userId: 105 }, 'userId must be a string, in quotes'],
    [{ userId: {} }, 'userId must be a string, in quotes'],
    [{ userId: 'u'.repeat(129) }, 'userId must have at most 128 characters'],
    [{ userId: '🎬'.repeat(129) }, 'userId must have at most 128 characters'],
    [{ userId: 'two words' }, invisible],
    [{ userId: 'line\n' }, invisible],
    [{ userId: 'nul\0' }, invisible],
    [{ userId: 'c1\u0085' }, invisible],
    [{ userId: 'half \ud800'.slice(5) }, 'userId must be without half of a surrogate pair'],
    [{ recordId: ' ' }, 'recordId must be without spaces and control characters'],
    [{ recordType: 'm'.repeat(65) }, 'recordType must have at most 64 characters'],
    [{ providerId: 7 }, 'providerId must be a string, in quotes'],
    [{ eventId: 'e'.repeat(129) }, 'eventId must have at most 128 characters'],
    [{ eventTime: 'yesterday' }, 'eventTime must be a time such as "2026-11-05T18:30:00Z"'],
    [
      { eventTime: '2026-13-05T18:30:00Z' },
      'eventTime must be a time such as "2026-11-05T18:30:00Z"',
    ],
  ])('with %j is refused', (fields, reason) => {
    expect(decodeWith(fields)).toEqual({ kind: 'refused', reason })
  })

  test.each([
    ['', 'the event must be well-formed JSON'],
    ['{"userId":"105"', 'the event must be well-formed JSON'],
    ['[]', 'the event must be a JSON object'],
    ['null', 'the event must be a JSON object'],
    ['"put"', 'the event must be a JSON object'],
  ])('the rating event %j is refused', (text, reason) => {
    expect(decode(text)).toEqual({ kind: 'refused', reason })
  })

  test('the value of an event is on the scale of its record type', () => {
    const tens = scoringOf(createScale('1:10:1'))
    const scoring = (recordType: string) => (recordType === 'photo' ? tens : defaultScoring)
    const decodeOf = (recordType: string, value: number) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ ...valid, recordType, value }))
      return decodeRatingEvent(bytes, scoring)
    }
    expect(decodeOf('photo', 10)).toMatchObject({ kind: 'put', value: 10 })
    expect(decodeOf('movie', 10).kind).toBe('refused')
    const reason = 'value must be 1 to 10 in steps of 1, without quotes'
    expect(decodeOf('photo', 4.5)).toEqual({ kind: 'refused', reason })
  })

  test('an event that is not UTF-8 is refused', () => {
    const reason = 'the event must be UTF-8 text'
    expect(decodeRatingEvent(Uint8Array.of(0x7b, 0xff, 0x7d), () => defaultScoring)).toEqual({
      kind: 'refused',
      reason,
    })
  })

  test('an event of 64 KiB is accepted, and one of a byte more is refused', () => {
    const padded = (bytes: number) => decode(ancestors + ' '.repeat(bytes - ancestors.length))
    expect(padded(65_536).kind).toBe('put')
    const reason = 'the event has 65537 bytes; it must have at most 65536'
    expect(padded(65_537)).toEqual({ kind: 'refused', reason })
  })

  test('an event is validated as the proto does, by RE2 and by RegExp', () => {
    const validator = createValidator()
    const validate = createValidate()
    const spaces = [' ', '\t', '\n', '\v', '\f', '\r', '\u00a0', '\u2003', '\u2028', '\ufeff']
    const text = fc.oneof(
      fc.constantFrom('', '1', 'movie', 'a b', '\u0085', 'x\u007f', ...spaces),
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.integer({ min: 60, max: 132 }).map((count) => '🎬'.repeat(count)),
    )
    const fields = {
      userId: text,
      recordId: text,
      recordType: text,
      value: fc.integer({ min: -2, max: 24 }).map((quarters) => quarters / 4),
      providerId: text,
      eventType: fc.constantFrom('put', 'delete', '', 'update'),
      eventId: text,
      unknown: fc.boolean(),
    }
    const broken = fc.record(fields, { requiredKeys: [] })
    fc.assert(
      fc.property(broken, fc.subarray(Object.keys(valid)), (values, kept) => {
        const event: JsonObject = { ...values }
        for (const name of kept) event[name] = valid[name] ?? null
        const message = fromJson(RatingEventSchema, event, { ignoreUnknownFields: true })
        const verdict = validator.validate(RatingEventSchema, message).kind
        expect(validate(RatingEventSchema, message) !== undefined).toBe(verdict === 'invalid')
        const change = decode(JSON.stringify(event))
        const isOff =
          event.eventType !== 'delete' && !defaultScale.values.includes(message.value ?? 0)
        expect(change.kind === 'refused').toBe(verdict === 'invalid' || isOff)
        if (change.kind !== 'refused') expect(change).toMatchObject({ userId: message.userId })
      }),
      { numRuns: 2_000 },
    )
  })
})

function decode(text: string): ReturnType<typeof decodeRatingEvent> {
  return decodeRatingEvent(new TextEncoder().encode(text), () => defaultScoring)
}

function decodeWith(fields: Readonly<Record<string, unknown>>): ReturnType<typeof decode> {
  return decode(JSON.stringify({ ...valid, ...fields }))
}
