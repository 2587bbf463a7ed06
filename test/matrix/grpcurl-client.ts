import { createRegistry, fromJson, type JsonObject } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { ConnectError } from '@connectrpc/connect'
import { file_google_rpc_error_details } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { tool } from '@marquee/testing/tools'
import { ScaleSchema } from '../../gen/rating/v1/rating_pb.ts'
import { type Client, grpcOnly } from './client.ts'
import { type CommandCall, createCommandSession } from './command-session.ts'

const found = tool('grpcurl')

/** grpcurl, which discovers the service by reflection. */
export const grpcurlClient: Client = {
  name: 'grpcurl',
  keepsTime: true,
  gaps: grpcOnly,
  found:
    'missing' in found
      ? found
      : {
          value: async (_lane, url) =>
            createCommandSession({
              commandOf: (call) => commandOf(found.value, url, call),
              parseError,
            }),
        },
}

function commandOf(binary: string, url: string, { path, options }: CommandCall): string[] {
  const { requestId, timeoutMs } = options
  const header = ['-H', `x-request-id: ${requestId}`]
  const deadline = timeoutMs === undefined ? [] : ['-max-time', String(timeoutMs / 1000)]
  const flags = ['-plaintext', '-format-error', ...header, ...deadline, '-d', '@']
  return [binary, ...flags, new URL(url).host, path]
}

/**
 * Parses a `google.rpc.Status` as JSON:
 * https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto
 */
function parseError(stderr: string): ConnectError | undefined {
  if (!stderr.trimStart().startsWith('{')) return undefined
  const status = JSON.parse(stderr) as { code: number; message?: string; details?: JsonObject[] }
  const error = new ConnectError(status.message ?? '', status.code)
  const registry = createRegistry(ViolationsSchema, ScaleSchema, file_google_rpc_error_details)
  for (const detail of status.details ?? []) {
    const { typeUrl, value } = fromJson(AnySchema, detail, { registry })
    error.details.push({ type: typeUrl.split('/').at(-1) ?? '', value })
  }
  return error
}
