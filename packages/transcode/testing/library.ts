import type { ServiceImpl } from '@connectrpc/connect'
import { Code, ConnectError } from '@connectrpc/connect'
import { mountConnect } from '@marquee/connect-hono/mount'
import type { ConnectOptions } from '@marquee/connect-hono/options'
import { Hono } from 'hono'
import { LibraryService } from '../../../gen/library/v1/library_pb.ts'
import { createTranscoding, type TranscodingOptions } from '../mount.ts'

/** A library whose responses contain the requests. */
export const library: ServiceImpl<typeof LibraryService> = {
  getBook: (request) => ({ request }),
  listBooks: (request) => ({
    request,
    counts: { small: 1n, large: 2n ** 60n },
    numbers: [-5n, 2n ** 53n],
    total: 7n,
  }),
  getFile: (request) => ({ request }),
  createBook: (request) => ({ request, ...(request.book && { book: request.book }) }),
  updateBook: (request) => ({ request }),
  setTags: ({ tags }) => ({ tags }),
  linkBooks(request) {
    if (request.to === 'nowhere') throw new ConnectError('no such book', Code.NotFound)
    if (request.to === 'full') throw new ConnectError('too many links', Code.ResourceExhausted)
    return { request }
  },
  async importBooks(requests) {
    const ids: string[] = []
    for await (const { book } of requests) ids.push(book?.id ?? '')
    return { ids }
  },
  async *watchBook({ bookId, count, fails, sinceRevision }) {
    for (let revision = sinceRevision + 1n; revision <= count; revision++) {
      yield { bookId, resumeRevision: revision }
    }
    if (fails) throw new ConnectError('the book is lost', Code.DataLoss)
  },
}

/** Creates an app that serves the library by RPC and by REST. */
export function libraryApp(options: ConnectOptions = {}, transcoding: TranscodingOptions = {}) {
  const app = new Hono()
  const { add } = createTranscoding(app, transcoding)
  mountConnect(app, (router) => router.service(LibraryService, library), { ...options, onRpc: add })
  return app
}
