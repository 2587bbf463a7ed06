import { afterAll, beforeAll, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { DescMethod } from '@bufbuild/protobuf'
import { accessOf } from '@marquee/service/auth/access-rules'
import { startIssuer } from '@marquee/testing/issuer'
import { SignJWT } from 'jose'
import { Access } from '../../gen/access/v1/access_pb.ts'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { ActivityService, DeadLetterService, SystemService } from '../../gen/system/v1/system_pb.ts'
import { bearer, protocols, type Verdict, verdictOfHttp } from './protocols.ts'
import { type LockedServices, startLocked } from './services.ts'

let services: LockedServices
let credentials: Readonly<Record<Credential, (access: Access) => Promise<string | undefined>>>

const names = [
  'no token',
  'expired',
  'wrong audience',
  'wrong issuer',
  'wrong algorithm',
  'unsigned',
  'other user',
  'right',
] as const
type Credential = (typeof names)[number]

/** Roles that the right token has, by rule. */
const roles: Readonly<Partial<Record<Access, string>>> = {
  [Access.EDITOR]: 'editor',
  [Access.INGEST]: 'ingest',
  [Access.OPERATOR]: 'operator',
  [Access.SERVICE]: 'operator',
}

/** The user that the requests name. */
const userId = 'ann'

beforeAll(async () => {
  services = await startLocked()
  const { issuer } = services
  const past = Math.floor(Date.now() / 1_000) - 60
  credentials = {
    'no token': async () => undefined,
    expired: () => issuer.token({ exp: past }),
    'wrong audience': () => issuer.token({ aud: 'somebody-else' }),
    async 'wrong issuer'() {
      await using other = await startIssuer()
      return await other.token()
    },
    'wrong algorithm': () =>
      new SignJWT({ iss: issuer.url, aud: 'marquee', sub: userId, exp: past + 600 })
        .setProtectedHeader({ alg: 'HS256', kid: 'key-0' })
        .sign(new TextEncoder().encode(JSON.stringify(issuer.key))),
    async unsigned() {
      const [, payload] = (await issuer.token()).split('.')
      return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
    },
    'other user': () => issuer.token({ sub: 'bob' }),
    right: (access) => issuer.token({ roles: [roles[access] ?? ''] }),
  }
}, 60_000)

afterAll(async () => {
  await services[Symbol.asyncDispose]()
})

/** Returns the verdict of each credential, by rule. Written down here apart from the code that decides. */
function expected(access: Access, credential: Credential): Verdict {
  if (credential === 'right') return 'passed'
  if (access === Access.PUBLIC && /^(no token|other user)$/.test(credential)) return 'passed'
  return credential === 'other user' ? 'denied' : 'unauthenticated'
}

interface Place {
  readonly service: 'metadata' | 'rating' | 'movie'
  /** Prefix of the gateway. */
  readonly prefix: string
  readonly methods: readonly DescMethod[]
}

const places: readonly Place[] = [
  {
    service: 'metadata',
    prefix: '',
    methods: [MetadataService, ActivityService].flatMap(methodsOf),
  },
  {
    service: 'rating',
    prefix: '',
    methods: [RatingService, ActivityService, DeadLetterService].flatMap(methodsOf),
  },
  {
    service: 'movie',
    prefix: '',
    methods: [MovieService, SystemService, ActivityService].flatMap(methodsOf),
  },
  {
    service: 'movie',
    prefix: '',
    methods: [MetadataService, RatingService, DeadLetterService].flatMap(methodsOf),
  },
  {
    service: 'movie',
    prefix: '/services/metadata',
    methods: [MetadataService, ActivityService].flatMap(methodsOf),
  },
  {
    service: 'movie',
    prefix: '/services/rating',
    methods: [RatingService, ActivityService, DeadLetterService].flatMap(methodsOf),
  },
]

function methodsOf({ methods }: { readonly methods: readonly DescMethod[] }) {
  return methods
}

for (const { service, prefix, methods } of places) {
  for (const method of methods) {
    const hasGet = method.methodKind === 'unary' && method.idempotency === 1
    const used = Object.entries(protocols).filter(([name]) => name !== 'connect-get' || hasGet)
    const name = `${prefix || service} ${method.parent.typeName}/${method.name}`
    test(`${name} gives each credential the same verdict by every protocol`, async () => {
      const access = accessOf(method)
      const verdicts: Record<string, Verdict> = {}
      const wanted: Record<string, Verdict> = {}
      for (const credential of names) {
        const token = await credentials[credential](access)
        for (const [protocol, call] of used) {
          const cell = `${credential} by ${protocol}`
          wanted[cell] = expected(access, credential)
          const url = `${services.urls[service]}${prefix}`
          verdicts[cell] = await call({ url, method, token, userId })
        }
      }
      expect(verdicts).toEqual(wanted)
    })
  }
}

const { operator, user, editor, everybody } = {
  operator: Access.OPERATOR,
  user: Access.USER,
  editor: Access.EDITOR,
  everybody: Access.PUBLIC,
}

test.each([
  ['GET', 'metadata', '/metadata?id=m', everybody],
  ['PUT', 'metadata', '/metadata?id=m', editor],
  ['GET', 'rating', '/rating?id=m&type=movie', everybody],
  ['GET', 'rating', `/rating?id=m&type=movie&userId=${userId}`, user],
  ['PUT', 'rating', `/rating?id=m&type=movie&userId=${userId}&value=3`, user],
  ['GET', 'movie', '/movie?id=m', everybody],
  ['GET', 'rating', '/metrics', operator],
  ['HEAD', 'rating', '/metrics', operator],
  ['GET', 'movie', '/page.json', everybody],
  ['GET', 'movie', '/movies/m', everybody],
  ['GET', 'movie', '/assets/none.js', everybody],
  ['GET', 'metadata', '/readyz', everybody],
  ['GET', 'metadata', '/openapi.json', everybody],
] as const)('%s of %s%s gives each credential the verdict of its rule', async (...row) => {
  const [method, service, path, access] = row
  const verdicts: Record<string, Verdict> = {}
  const wanted: Record<string, Verdict> = {}
  for (const credential of names) {
    const token = await credentials[credential](access)
    wanted[credential] = expected(access, credential)
    const response = await fetch(services.urls[service] + path, { method, headers: bearer(token) })
    verdicts[credential] = await verdictOfHttp(response)
  }
  expect(verdicts).toEqual(wanted)
})

test('every method of proto/ has an access rule', () => {
  const all = places.flatMap(({ methods }) => methods)
  const open = all.filter((method) => accessOf(method) === Access.UNSPECIFIED)
  expect(open.map(({ name }) => name)).toEqual([])
})

test('a call is refused before its body arrives', async () => {
  const { hostname, port } = new URL(services.urls.metadata)
  const socket = connect(Number(port), hostname)
  socket.write('PUT /metadata?id=m HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n')
  const [head] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  expect(head.toString()).toStartWith('HTTP/1.1 401 Unauthorized')
})
