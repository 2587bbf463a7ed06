import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fromJsonString } from '@bufbuild/protobuf'
import {
  type GetMetadataResponse,
  GetMetadataResponseSchema,
} from '../../gen/metadata/v1/metadata_pb.ts'

/**
 * Returns the responses by movie id, read from the file of `--response`. Empty without that flag.
 */
export function readResponses(): ReadonlyMap<string, GetMetadataResponse> {
  const { response: path } = parseArgs({ options: { response: { type: 'string' } } }).values
  if (path === undefined) return new Map()
  const response = fromJsonString(GetMetadataResponseSchema, readFileSync(path, 'utf8'))
  return new Map([[response.metadata?.id ?? '', response]])
}

/** Prints the origins of the peer, by version of HTTP. */
export function announce(origins: { readonly '1.1'?: string; readonly '2'?: string }): void {
  console.log(`ready ${JSON.stringify(origins)}`)
}
