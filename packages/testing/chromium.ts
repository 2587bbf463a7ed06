import { type Browser, chromium } from 'playwright-core'

/**
 * What Chromium is not to do. The two popups are pages of its own, 200 scripts for each window; the others are what
 * playwright-core turns off, as of which there is one list only.
 */
const disabledFeatures = [
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxPopup',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
]

/** What Chromium would do beside what a test tells it, and what a machine without a screen cannot. */
const usualArgs = [
  '--disable-background-networking',
  '--disable-component-update',
  `--disable-features=${disabledFeatures.join(',')}`,
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--no-proxy-server',
]

/** How long Chromium may take to start, in milliseconds. */
const startTimeoutMs = 20_000

/**
 * Starts Chromium without a window, with a new profile that is removed when it is closed. Ask
 * `tool('chromium')` for the path first.
 * @param further arguments of its command line.
 */
export function openChromium(path: string, further: readonly string[] = []): Promise<Browser> {
  // Its sandbox does not work for root.
  const chromiumSandbox = process.getuid?.() !== 0
  const args = [...usualArgs, ...further]
  return chromium.launch({ executablePath: path, args, chromiumSandbox, timeout: startTimeoutMs })
}
