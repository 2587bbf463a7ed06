import { expect, test } from 'bun:test'
import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect'
import { waitFor } from '@marquee/testing/wait-for'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { watchMetadataAccess } from './metadata-access.ts'

test('movie is not ready while metadata refuses its key, and says so', async () => {
  let outcome: Code | undefined = Code.Unauthenticated
  let callCount = 0
  const metadata = createRouterTransport((router) => {
    router.service(MetadataService, {
      batchGetMetadata() {
        callCount++
        if (outcome !== undefined) throw new ConnectError('the token has expired', outcome)
        return {}
      },
    })
  })
  using access = watchMetadataAccess(metadata, { intervalMs: 5, timeoutMs: 5_000 })
  const reason = 'metadata refuses the --service-key of movie: the token has expired'
  await waitFor(() => access.condition() === reason, { what: 'the refusal' })
  outcome = undefined
  await waitFor(() => access.condition() === undefined, { what: 'the acceptance' })
  outcome = Code.PermissionDenied
  await waitFor(() => access.condition() === reason, { what: 'the refusal for a role' })
  outcome = Code.Unavailable
  await waitFor(() => access.condition() === undefined, { what: 'the loss of metadata' })
  const before = callCount
  await waitFor(() => callCount > before + 2, { what: 'more calls' })
  expect(access.condition()).toBeUndefined()
})
