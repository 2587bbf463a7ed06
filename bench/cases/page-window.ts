import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Services } from '../../test/page/services.ts'

/** Time for a new window to finish its own start. */
const windowSettleMs = 500
/** A phone on a slow network: slowdown of the processor, bit/s, and round-trip time. */
const phone = { cpuSlowdown: 4, bitsPerSecond: 1_600_000, roundTripMs: 150 }

/** Opens a browser profile of its own, with an empty cache. */
export async function openContext(browser: Browser, services: Services): Promise<BrowserContext> {
  return browser.newContext({
    baseURL: services.urls.movie,
    viewport: { width: 1440, height: 900 },
  })
}

/** Opens an empty page, and waits until its window has started. */
export async function openWindow(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await Bun.sleep(windowSettleMs)
  return page
}

/** Opens an empty page with the processor and the network of a phone. */
export async function openPhone(context: BrowserContext): Promise<Page> {
  const page = await openWindow(context)
  const devTools = await context.newCDPSession(page)
  const bytesPerSecond = phone.bitsPerSecond / 8
  await devTools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: phone.roundTripMs,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  })
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: phone.cpuSlowdown })
  return page
}
