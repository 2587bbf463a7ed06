import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fromJsonString } from '@bufbuild/protobuf'
import {
  type GetMetadataResponse,
  GetMetadataResponseSchema,
} from '../../gen/metadata/v1/metadata_pb.ts'

/** What a peer serves: the answers by movie, read from the file that `--answer` names; none without. */
export function readAnswers(): ReadonlyMap<string, GetMetadataResponse> {
  const { answer: path } = parseArgs({ options: { answer: { type: 'string' } } }).values
  if (path === undefined) return new Map()
  const answer = fromJsonString(GetMetadataResponseSchema, readFileSync(path, 'utf8'))
  return new Map([[answer.metadata?.id ?? '', answer]])
}

/** Tells the bench where the peer listens, for each version of HTTP. */
export function announce(origins: { readonly '1.1'?: string; readonly '2'?: string }): void {
  console.log(`ready ${JSON.stringify(origins)}`)
}
