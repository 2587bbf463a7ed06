import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { describeWith } from '@marquee/testing/requirements'
import { type RuntimeName, runtime, tool } from '@marquee/testing/tools'
import { httpVersions } from './client.ts'
import { callByCurl, type RestRequest, startCurl } from './curl-rest.ts'
import { type Service, startService } from './service.ts'

const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']
const curl = tool('curl')
const binary = 'value' in curl ? curl.value : ''
const json = { 'content-type': 'application/json' }

for (const name of runtimes) {
  describeWith(runtime(name), `REST of rating on ${name}`, () => {
    let service: Service
    beforeAll(async () => {
      service = await startService('rating', name)
    })
    afterAll(() => service[Symbol.asyncDispose]())

    describeWith(curl, 'by curl', () => {
      describe.each([...httpVersions])('over HTTP/%s', (http) => {
        const record = `rest-${name}-${http}`
        const movie = `/v1/movies/${record}`
        const call = (request: RestRequest) => callByCurl([binary, http, service.url], request)
        const put = (userId: string, value: number) => {
          const body = JSON.stringify({ value })
          return call({ verb: 'PUT', path: `${movie}/ratings/${userId}`, fields: json, body })
        }

        test('a rating is put, read and deleted', async () => {
          expect((await put('unary', 4.5)).status).toBe(200)
          const path = `${movie}/ratings/unary`
          const rating = { recordId: record, userId: 'unary', value: 4.5 }
          const read = await call({ verb: 'GET', path })
          expect(JSON.parse(read.body)).toMatchObject(rating)
          expect(read.fields.get('content-type')).toBe('application/json')
          const deleted = await call({ verb: 'DELETE', path })
          expect(JSON.parse(deleted.body)).toEqual({ deleted: true })
          expect((await call({ verb: 'GET', path })).status).toBe(404)
        })

        test.each([
          ['application/x-ndjson', /^(\{.*\})\n/],
          ['text/event-stream', /^(?:id: \S+\n)?data: (\{.*\})\n\n/],
        ])('a stream is %s, and sends changes', async (accept, pattern) => {
          const path = '/v1/aggregatedRatings:watch'
          const body = JSON.stringify({ records: [{ recordId: record, recordType: 'movie' }] })
          const fields = { ...json, accept }
          const target = [binary, http, service.url] as const
          await using command = startCurl(target, { verb: 'POST', path, fields, body })
          let text = ''
          let count = 0
          for await (const piece of command.stdout.setEncoding('utf8')) {
            text += piece
            for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
              text = text.slice(found[0].length)
              const message = JSON.parse(found[1] ?? '') as { aggregatedRating?: unknown }
              if (message.aggregatedRating === undefined) continue
              count++
              if (count === 1) await put(`after ${accept}`.replace(/\W/g, '-'), 3)
            }
            if (count === 2) break
          }
          expect(count).toBe(2)
        })

        test('an error is the body of Connect, or a problem of RFC 9457', async () => {
          const path = '/v1/movies/none/rating'
          const error = await call({ verb: 'GET', path })
          expect(error.status).toBe(404)
          expect(JSON.parse(error.body)).toMatchObject({ code: 'not_found' })
          const accept = 'application/problem+json'
          const problem = await call({ verb: 'GET', path, fields: { accept } })
          expect(problem.fields.get('content-type')).toBe(accept)
          expect(JSON.parse(problem.body)).toMatchObject({ status: 404, title: 'Not Found' })
          const invalid = await put('u', 9)
          expect([invalid.status, JSON.parse(invalid.body).code]).toEqual([400, 'invalid_argument'])
        })

        test('HEAD has the headers of GET, and no body', async () => {
          await put('head', 2)
          const path = `${movie}/ratings/head`
          const get = await call({ verb: 'GET', path })
          const head = await call({ verb: 'HEAD', path })
          expect(head.status).toBe(200)
          for (const name of ['content-type', 'content-length', 'etag']) {
            expect([name, head.fields.get(name)]).toEqual([name, get.fields.get(name)])
          }
        })

        test('OPTIONS and 405 name the methods of the path', async () => {
          const path = `${movie}/ratings/u`
          const allow = 'DELETE, GET, HEAD, PUT, OPTIONS'
          const options = await call({ verb: 'OPTIONS', path })
          expect([options.status, options.fields.get('allow')]).toEqual([204, allow])
          const refused = await call({ verb: 'PATCH', path, fields: json, body: '{}' })
          expect([refused.status, refused.fields.get('allow')]).toEqual([405, allow])
        })
      })
    })
  })
}
