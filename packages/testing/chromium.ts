import { type Browser, chromium } from 'playwright-core'

/**
 * Features of Chromium to disable. The two popups are separate pages with 200 scripts per window.
 * The others are those that playwright-core disables, because a later list replaces its own.
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

/** Arguments against background activity of Chromium, and for machines without a screen. */
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

/** Maximum time for Chromium to start, in milliseconds. */
const startTimeoutMs = 20_000

/**
 * Starts a headless Chromium with a new profile, which is removed when it is closed. Get the path
 * from `tool('chromium')`.
 * @param further More command-line arguments.
 */
export function openChromium(path: string, further: readonly string[] = []): Promise<Browser> {
  // Its sandbox does not work for root.
  const chromiumSandbox = process.getuid?.() !== 0
  const args = [...usualArgs, ...further]
  return chromium.launch({ executablePath: path, args, chromiumSandbox, timeout: startTimeoutMs })
}
