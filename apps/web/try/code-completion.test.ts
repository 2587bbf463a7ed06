import { expect, test } from 'bun:test'
import type { DescMessage } from '@bufbuild/protobuf'
import { CompletionContext } from '@codemirror/autocomplete'
import { json } from '@codemirror/lang-json'
import { EditorState } from '@codemirror/state'
import { MovieService } from '@marquee/client/movie'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { fieldCompletion } from './code-completion.ts'

const { importRatings } = RatingService.method

/** The completions at the bar in the text. */
function completionsAt(text: string, desc: DescMessage = importRatings.input): string[] {
  const position = text.indexOf('|')
  const state = EditorState.create({ doc: text.replace('|', ''), extensions: [json()] })
  const result = fieldCompletion(desc)(new CompletionContext(state, position, false))
  return result?.options.map(({ label }) => label) ?? []
}

test('the names of fields are completed, by the message that they are in', () => {
  expect(completionsAt('{"ra|": 1}')).toEqual(['rating'])
  expect(completionsAt('{"ra|"}')).toEqual(['rating'])
  expect(completionsAt('[{"rating": {"|": 1}}]')).toContain('recordId')
  expect(completionsAt('{"rating": {"recordId": "a", "|"}}')).toContain('userId')
})

test('the values of enums are completed', () => {
  const { input } = MovieService.method.listMovies
  expect(completionsAt('{"order": "|"}', input)).toContain('ORDER_TOP_RATED')
})

test('nothing is completed where no name or value of an enum can be', () => {
  expect(completionsAt('{"rating": {"recordId": "|"}}')).toEqual([])
  expect(completionsAt('{"other": {"|": 1}}')).toEqual([])
})
