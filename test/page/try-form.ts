import type { Locator, Page } from 'playwright-core'

export function field(page: Page, name: string): Locator {
  return requestOf(page)
    .locator('input')
    .and(page.getByLabel(name, { exact: true }))
}

function requestOf(page: Page): Locator {
  return page.getByRole('region', { name: 'Request', exact: true })
}

/** The tabs of the request that have options which are selects. */
const selects = ['Protocol', 'Encoding', 'HTTP method']

export async function choose(page: Page, label: string, option: string): Promise<void> {
  if (!selects.includes(label)) {
    const group = page.getByRole('group', { name: label, exact: true })
    return group.getByRole('radio', { name: option, exact: true }).click()
  }
  await openTab(page, 'Options')
  await requestOf(page).getByLabel(label, { exact: true }).selectOption({ label: option })
  await openTab(page, 'Body')
}

/** Opens a tab of the request. */
export async function openTab(page: Page, name: string): Promise<void> {
  await requestOf(page).getByRole('tab', { name }).click()
}

/** Waits for the methods that the page does not have in its script, but gets from the services. */
export async function waitForEveryMethod(page: Page): Promise<void> {
  for (const name of ['ImportMetadata', 'ImportRatings', 'ServerReflectionInfo']) {
    await page.locator('.method-link', { hasText: name }).last().waitFor({ state: 'attached' })
  }
}

/** Paths of all methods, when reflection of all services has responded. */
export async function methodPaths(page: Page): Promise<string[]> {
  await waitForEveryMethod(page)
  const links = page.getByRole('navigation', { name: 'Methods' }).getByRole('link')
  return links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
}

export async function send(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Send/ }).click()
}

export function responseOf(page: Page): Locator {
  return page.getByRole('region', { name: 'Response', exact: true })
}

export async function expectCode(page: Page, code: string): Promise<void> {
  await responseOf(page).locator('.status-code').getByText(code, { exact: true }).waitFor()
}

/** The texts of the messages of the response, the newest first. */
export async function messageTexts(page: Page): Promise<string[]> {
  return responseOf(page).getByRole('article').locator('.json').allTextContents()
}

/** Each header as one text: its name followed by its value. */
export async function headersOf(page: Page, title: 'Headers' | 'Trailers'): Promise<string[]> {
  const response = responseOf(page)
  await response.getByRole('tab', { name: title }).click()
  const texts = await response.locator('dl > div').allTextContents()
  await response.getByRole('tab', { name: 'Body' }).click()
  return texts
}

export async function descriptionOf(input: Locator): Promise<string> {
  return input.evaluate((element) =>
    (element.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent)
      .join(' '),
  )
}
