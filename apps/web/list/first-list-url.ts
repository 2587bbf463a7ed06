import { createMarquee } from '@marquee/client'
import { listRequest } from './list-request.ts'
import { allMovies } from './list-view.ts'

/** Returns the URL of the first request of the list at `/`, as the page's client makes it. */
export async function firstListUrl(): Promise<string> {
  const urls: string[] = []
  const record = (url: string | URL | Request) => {
    urls.push(String(url))
    return Promise.reject(new Error('the URL is recorded'))
  }
  const fetch = Object.assign(record, { preconnect: () => {} })
  const client = createMarquee({ baseUrl: '', retryCountMax: 0, fetch })
  await client.movies.listMovies(listRequest(allMovies))
  const [url] = urls
  if (url === undefined) throw new Error('the client of the page has requested no list')
  return url
}
