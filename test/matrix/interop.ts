import { expect } from 'bun:test'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { DescMethod } from '@bufbuild/protobuf'
import { type ToolName, tool } from '@marquee/testing/tools'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { pathOf } from './bindings.ts'

/** Address of a service, in cleartext or over TLS. */
export interface Road {
  /** Host as in the certificate: `localhost:8082`. */
  readonly host: string
  /** File of the trusted certificate, over TLS. */
  readonly certificatePath: string | undefined
}

/** Uses a tool with a service. Rejects when the outcome is wrong. */
export interface Trial {
  readonly tool: ToolName
  readonly run: (road: Road) => Promise<void>
}

const commandTimeoutMs = 25_000
const callCount = 300

const { importRatings, putRating } = RatingService.method
const rating = { recordType: 'movie', recordId: 'interop', userId: 'me', value: 4 }
const ratingJson = JSON.stringify(rating)

/** Clients of gRPC and HTTP/2 beside those of the matrix. */
export const trials: Readonly<Record<string, Trial>> = {
  'ghz, by grpc-go: unary calls': callByGhz(putRating, rating),
  'ghz, by grpc-go: client streams': callByGhz(importRatings, [{ rating }, { rating }, { rating }]),
  'nghttp: many streams': callByNghttp(50),
  'nghttp: padding': callByNghttp(10, '--padding=200'),
  'nghttp: a header in CONTINUATION frames': callByNghttp(1, '--continuation'),
  'nghttp: trailers': callByNghttp(1, '--trailer', 'checksum: none'),
  'nghttp: waiting for 100 (Continue)': callByNghttp(1, '--expect-continue'),
  'nghttp: no content-length': callByNghttp(1, '--no-content-length'),
  'nghttp: windows of 127 bytes': callByNghttp(10, '--window-bits=7'),
  'nghttp: no dynamic table': callByNghttp(
    10,
    '--header-table-size=0',
    '--encoder-header-table-size=0',
  ),
  'nghttp: a dynamic table that is emptied and grows': callByNghttp(
    10,
    '--header-table-size=0',
    '--header-table-size=8192',
  ),
  'nghttp: no priorities': callByNghttp(1, '--no-rfc7540-pri'),
  'h2load: HTTP/2': callByH2load(),
  'h2load: HTTP/1.1': callByH2load('--h1'),
}

/** Clients of the matrix over TLS. Each verifies the certificate. */
export const secureTrials: Readonly<Record<string, Trial>> = {
  'curl: HTTP/1.1': callByCurl('1.1'),
  'curl: HTTP/2': callByCurl('2'),
  'grpcurl: gRPC': {
    tool: 'grpcurl',
    async run({ host, certificatePath = '' }) {
      const args = ['-cacert', certificatePath, '-d', '@', host, pathOf(putRating).slice(1)]
      expectRated(await runTool('grpcurl', args, ratingJson))
    },
  },
  'buf curl: gRPC': callByBuf('grpc'),
  'buf curl: gRPC-Web': callByBuf('grpcweb'),
  'buf curl: Connect': callByBuf('connect'),
}

function callByGhz(method: DescMethod, data: object): Trial {
  return {
    tool: 'ghz',
    async run({ host, certificatePath }) {
      const trust = certificatePath ? ['--cacert', certificatePath] : ['--insecure']
      const what = ['--call', pathOf(method).slice(1), '--data', JSON.stringify(data)]
      const amount = [`--total=${callCount}`, '--concurrency=20', '--connections=3']
      const output = await runTool('ghz', [...trust, ...what, ...amount, '--format=json', host])
      expect(JSON.parse(output)).toMatchObject({
        statusCodeDistribution: { OK: callCount },
        errorDistribution: {},
      })
    },
  }
}

function callByNghttp(count: number, ...flags: readonly string[]): Trial {
  return {
    tool: 'nghttp',
    async run(road) {
      const type = ['--header', 'content-type: application/json']
      const body = ['--data', '-', `--multiply=${count}`]
      const url = toUrl(road, pathOf(putRating))
      const args = ['--verbose', '--no-verify-peer', ...type, ...body, ...flags, url]
      const output = await runTool('nghttp', args, ratingJson)
      expect(output.match(/:status: 200$/gm)).toHaveLength(count)
      expect(output).not.toContain('recv RST_STREAM')
      if (flags.includes('--expect-continue')) expect(output).toMatch(/:status: 100$/m)
    },
  }
}

function callByH2load(...flags: readonly string[]): Trial {
  return {
    tool: 'h2load',
    async run(road) {
      const amount = [`--requests=${callCount}`, '--clients=10', '--max-concurrent-streams=10']
      const output = await runTool('h2load', [...amount, ...flags, toUrl(road, '/livez')])
      expect(output).toContain(`${callCount} succeeded, 0 failed, 0 errored, 0 timeout`)
      expect(output).toContain(`${callCount} 2xx, 0 3xx, 0 4xx, 0 5xx`)
    },
  }
}

function callByCurl(version: '1.1' | '2'): Trial {
  return {
    tool: 'curl',
    async run(road) {
      const shown = ['--silent', '--show-error', '--write-out', '\n%{http_version} %{http_code}']
      const trust = ['--cacert', road.certificatePath ?? '', `--http${version}`]
      const body = ['--header', 'content-type: application/json', '--data-binary', '@-']
      const args = [...shown, ...trust, ...body, toUrl(road, pathOf(putRating))]
      const [response = '', told] = (await runTool('curl', args, ratingJson)).split('\n')
      expect(told).toBe(`${version} 200`)
      expectRated(response)
    },
  }
}

function callByBuf(protocol: 'grpc' | 'grpcweb' | 'connect'): Trial {
  return {
    tool: 'buf',
    async run(road) {
      const trust = ['--cacert', road.certificatePath ?? '']
      const what = ['--protocol', protocol, '--data', ratingJson]
      const url = toUrl(road, pathOf(putRating))
      expectRated(await runTool('buf', ['curl', ...trust, ...what, url]))
    },
  }
}

function expectRated(json: string): void {
  expect(JSON.parse(json)).toMatchObject({ aggregatedRating: { recordId: 'interop', count: '1' } })
}

function toUrl({ host, certificatePath }: Road, path: string): string {
  return `${certificatePath ? 'https' : 'http'}://${host}${path}`
}

/** Runs a tool, which must succeed, and returns its output. */
async function runTool(name: ToolName, args: readonly string[], input = ''): Promise<string> {
  const found = tool(name)
  if ('missing' in found) throw new Error(found.missing)
  const running = promisify(execFile)(found.value, args, { timeout: commandTimeoutMs })
  // A tool that needs no input may have closed it.
  running.child.stdin?.on('error', () => {}).end(input)
  return (await running).stdout
}
