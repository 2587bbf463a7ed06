import { firstListUrl } from './list/first-list-url.ts'

/** The addresses of the services, which every page reads. */
const urls = ['/page.json']
const explorer = { urls, modules: ['try/page.tsx', 'try/proto-comments.ts'] }

/** Returns the modules and URLs that each route loads first, for the build of the page. */
export async function preloads() {
  return {
    '/': { urls, urlsWithoutQuery: [await firstListUrl()] },
    '/me': { urls, modules: ['me/page.tsx'] },
    '/movies/:id': { urls },
    '/system': { urls, modules: ['system/page.tsx', 'system/plot.ts'] },
    '/try': explorer,
    '/try/:service/:method': explorer,
  }
}
