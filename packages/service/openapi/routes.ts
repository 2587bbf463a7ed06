import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type DescMethod, getOption } from '@bufbuild/protobuf'
import type { Environment } from '@marquee/connect-hono/call'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import type { Transcoding } from '@marquee/transcode/mount'
import type { Descriptions } from '@marquee/transcode/openapi/descriptions'
import { createOpenApi } from '@marquee/transcode/openapi/document'
import type { PathFields } from '@marquee/transcode/request/path-fields'
import type { Context, Hono } from 'hono'
import { reads_have_etag as readsHaveEtag } from '../../../gen/cache/v1/cache_pb.ts'
import { ActivityService } from '../../../gen/system/v1/system_pb.ts'
import { acceptedEncoding } from '../assets/accept-encoding.ts'
import { refuseMethod } from '../rest/rest.ts'
import { operationAccessOf, securitySchemes } from './access.ts'

/** Path of the OpenAPI document of a service. */
export const openApiPath = '/openapi.json'

export interface OpenApiRoutesOptions {
  /** Short name of the service: `rating`. */
  readonly name: string
  readonly restRoutes: Pick<Transcoding, 'bindings'>
  readonly pathFields: PathFields
  /** Loads comments and examples. Default: there are none. */
  readonly descriptions?: (() => Promise<Descriptions>) | undefined
}

/** The document in each encoding that it is sent in. */
interface Written {
  readonly etag: string
  readonly bytes: Readonly<Record<Encoding, Uint8Array>>
}

type Encoding = 'br' | 'gzip' | 'identity'

/**
 * Serves the OpenAPI document of the REST routes. It is written once, by the first request for it:
 * all routes have to be mounted before. After a failure, the next request writes it.
 */
export function addOpenApi(app: Hono<Environment>, options: OpenApiRoutesOptions): void {
  let written: Promise<Written> | undefined
  app.get(openApiPath, async (c) => {
    written ??= write(options).catch((error) => {
      written = undefined
      throw error
    })
    return send(c, await written)
  })
  app.all(openApiPath, refuseMethod('GET, HEAD'))
}

function send(c: Context<Environment>, { etag, bytes }: Written): Response {
  const encoding = acceptedEncoding(c.req.header('accept-encoding'), ['br', 'gzip']) ?? 'identity'
  const body = bytes[encoding]
  const fields = ['content-type', 'application/json', 'content-length', `${body.length}`]
  // A new version of the service has another document, so caches have to ask.
  fields.push('etag', etag, 'cache-control', 'no-cache', 'vary', 'accept-encoding')
  if (encoding !== 'identity') fields.push('content-encoding', encoding)
  return incomingOf(c).respond(body, 200, fields)
}

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)
/** A quality that takes milliseconds: this is not a file of a build. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 6 }

async function write(options: OpenApiRoutesOptions): Promise<Written> {
  const identity = new TextEncoder().encode(JSON.stringify(await documentOf(options)))
  const version = createHash('sha256').update(identity).digest('hex').slice(0, 16)
  const [br, gz] = await Promise.all([brotli(identity, { params }), zip(identity)])
  return { etag: `W/"${version}"`, bytes: { identity, br, gzip: gz } }
}

async function documentOf({ name, restRoutes, pathFields, descriptions }: OpenApiRoutesOptions) {
  const { bindings } = restRoutes
  const isOwn = ({ rpc }: (typeof bindings)[number]) => rpc.parent !== ActivityService
  return createOpenApi({
    info: {
      title: `Marquee: ${name}`,
      version: '1.0.0',
      description: 'The RPCs of the service as REST routes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // What every service has comes last.
    bindings: [...bindings.filter(isOwn), ...bindings.filter((binding) => !isOwn(binding))],
    descriptions: (await descriptions?.()) ?? { comments: {}, examples: {} },
    pathFields,
    accessOf: operationAccessOf,
    securitySchemes,
    hasVersion,
  })
}

/** Returns what the service of an RPC declares of its reads. */
function hasVersion({ parent }: DescMethod): boolean {
  return getOption(parent, readsHaveEtag)
}
