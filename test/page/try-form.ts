import type { Locator, Page } from 'playwright-core'

export function field(page: Page, name: string): Locator {
  return page.getByRole('region', { name: 'Request' }).getByRole('textbox', { name, exact: true })
}

export async function choose(page: Page, label: string, option: string): Promise<void> {
  const group = page.getByRole('group', { name: label, exact: true })
  await group.getByRole('radio', { name: option, exact: true }).click()
}

export async function send(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Send/ }).click()
}

export function responseOf(page: Page): Locator {
  return page.getByRole('region', { name: 'Response' })
}

export async function expectCode(page: Page, code: string): Promise<void> {
  await responseOf(page).getByRole('definition').first().getByText(code, { exact: true }).waitFor()
}

export async function messageTexts(page: Page): Promise<string[]> {
  const messages = responseOf(page).getByRole('article')
  return messages.locator('pre').allTextContents()
}

/** Each header as one text: its name followed by its value. */
export async function headersOf(page: Page, title: 'Headers' | 'Trailers'): Promise<string[]> {
  const group = responseOf(page).getByRole('group').filter({ hasText: title })
  return group.locator('dl > div').allTextContents()
}

export async function descriptionOf(input: Locator): Promise<string> {
  return input.evaluate((element) =>
    (element.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent)
      .join(' '),
  )
}
