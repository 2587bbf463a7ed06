/** A rate in a few characters: 0, 0.4, 12, 1,240. */
export function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined) return '–'
  if (perSecond === 0) return '0'
  if (perSecond < 0.05) return '<0.1'
  const rounded = Math.round(perSecond * 10) / 10
  return (rounded < 10 ? rounded : Math.round(perSecond)).toLocaleString('en')
}

export function perSecondText(perSecond: number | undefined): string {
  return perSecond === undefined ? '–' : `${rateText(perSecond)}/s`
}

/** A share: 0%, 0.4%, 12%. */
export function percentText(percent: number | undefined): string {
  if (percent === undefined) return '–'
  if (percent > 0 && percent < 0.05) return '<0.1%'
  return `${percent < 10 ? Math.round(percent * 10) / 10 : Math.round(percent)}%`
}

export function latencyText(ms: number | undefined): string {
  if (ms === undefined) return '–'
  if (ms === Number.POSITIVE_INFINITY) return '>5 s'
  if (ms === 0) return '0'
  if (ms < 0.05) return '<0.1 ms'
  if (ms < 9.95) return `${Math.round(ms * 10) / 10} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** A quantile; one that is the bound of a bucket is only known to be at most that. */
export function quantileText(ms: number | undefined, boundsMs: readonly number[]): string {
  return ms !== undefined && boundsMs.includes(ms) ? `≤${latencyText(ms)}` : latencyText(ms)
}

export function countText(count: number | bigint): string {
  return count.toLocaleString('en')
}

/** A number of events. */
export function lagText(count: number | undefined): string {
  return count === undefined ? '–' : countText(Math.round(count))
}

export function memoryText(bytes: bigint): string {
  return `${Math.round(Number(bytes) / 1_000_000).toLocaleString('en')} MB`
}

/** An age, rounded: 12 s, 3 min, 5 h, 2 d. */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 100) return `${whole}\u00a0s`
  if (whole < 6_000) return `${Math.round(whole / 60)} min`
  return whole < 172_800 ? `${Math.round(whole / 3_600)} h` : `${Math.round(whole / 86_400)} d`
}

/** The host and port of a URL; any other text unchanged. */
export function addressText(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
