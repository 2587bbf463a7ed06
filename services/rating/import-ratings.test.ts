import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { ImportRatingsRequestSchema } from '../../gen/rating/v1/rating_pb.ts'
import { importRatings } from './import-ratings.ts'
import { createScale } from './scale.ts'
import { defaultRules, scoringOf } from './scoring.ts'
import { createSqliteRatingStore } from './store/sqlite.ts'

alsoOnDenoAndNode(import.meta.filename)

const tens = { ...defaultRules, named: new Map([['movie', scoringOf(createScale('1:10:1'))]]) }

function request(recordType: string, user: number, value: number) {
  const rating = { recordType, recordId: '1', userId: `user-${user}`, value }
  return create(ImportRatingsRequestSchema, { rating })
}

/** Imports 500 ratings of a book, then one of a movie, whose scale changes before it is saved. */
async function importWhileScaleChanges(value: number) {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'rating.db')
  await using store = createSqliteRatingStore({ path, rules: defaultRules })
  async function* requests() {
    for (let user = 0; user < 500; user++) yield request('book', user, 3)
    yield request('movie', 0, value)
    await createSqliteRatingStore({ path, rules: tens })[Symbol.asyncDispose]()
  }
  const options = { store, validate: () => undefined, memory: undefined }
  const failure = await importRatings(requests(), options).catch(ConnectError.from)
  const book = await store.aggregate({ recordType: 'book', recordId: '1' })
  expect(book?.count).toBe(500)
  return failure
}

test.each([
  ['is off the new scale, and is not saved', 4.5, 500],
  ['is on the new scale too, but means another thing there', 4, 501],
])(
  'an import fails and counts what it saved when the scale changes: the value %s',
  async (...given) => {
    const [, value, savedCount] = given
    expect(await importWhileScaleChanges(value)).toMatchObject({
      code: Code.FailedPrecondition,
      rawMessage: `the scale of "movie" has changed to 1 to 10 in steps of 1; ${savedCount} ratings of the import are saved: convert the values and import all of them again`,
    })
  },
)

test('an import on a scale that stays the same succeeds, whatever other scales do', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'rating.db')
  await using store = createSqliteRatingStore({ path, rules: defaultRules })
  async function* requests() {
    yield request('book', 0, 4.5)
    await createSqliteRatingStore({ path, rules: tens })[Symbol.asyncDispose]()
  }
  const options = { store, validate: () => undefined, memory: undefined }
  expect(await importRatings(requests(), options)).toMatchObject({ createdCount: 1n })
})
