import type { Environment } from '@marquee/connect-hono/call'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import { createTranscoding, type Transcoding } from '@marquee/transcode/mount'
import type { PathFields } from '@marquee/transcode/request/path-fields'
import type { Hono } from 'hono'
import type { RpcPaths } from '../admission.ts'
import type { AccessRules } from '../auth/access-rules.ts'
import { errorDomain } from '../reasons.ts'

export interface RestRoutesOptions {
  readonly access: AccessRules
  readonly admission: RpcPaths | undefined
  /** Values of request fields that a route and its request leave empty. */
  readonly pathFields: PathFields
}

/** Serves the RPCs of an app by REST, each with the access rule and the admission of its RPC. */
export function addRestRoutes(
  app: Hono<Environment>,
  { access, admission, pathFields }: RestRoutesOptions,
): Transcoding {
  const transcoding = createTranscoding(app, {
    pathFields,
    errorDomain,
    onPath: (path) =>
      access.addRoute(path, (c) => {
        const { method, target } = incomingOf(c)
        return transcoding.find(method, target)
      }),
  })
  admission?.addRoutes(transcoding.find)
  return transcoding
}
