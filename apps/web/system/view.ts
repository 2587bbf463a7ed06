import { type Signal, signal } from '@preact/signals'

/** Time ranges of the charts, in seconds. */
export const ranges = [120, 900, 3_600] as const
export type Range = (typeof ranges)[number]
export const rangeLabels: Readonly<Record<Range, string>> = {
  120: '2 min',
  900: '15 min',
  3600: '1 h',
}

/** Number of samples from which the charts begin with 15 minutes. */
const samplesForMore = 36

/** The range in which the samples fill a chart best, when the page is opened. */
export function firstRange(sampleCount: number): Range {
  return sampleCount < samplesForMore ? 120 : 900
}

/** Choices of the person. */
export interface View {
  readonly range: Signal<Range>
  /** True while the page stays as it is; reports are still read. */
  readonly paused: Signal<boolean>
  readonly hidesInternal: Signal<boolean>
  /** Service to which the page is restricted; empty for none. */
  readonly service: Signal<string>
  /** Key of the method whose details are open. */
  readonly method: Signal<string | undefined>
  /** Time under the pointer in any chart, in seconds since the epoch. */
  readonly cursor: Signal<number | undefined>
}

export function createView(): View {
  return {
    range: signal<Range>(120),
    paused: signal(false),
    hidesInternal: signal(true),
    service: signal(''),
    method: signal<string | undefined>(undefined),
    cursor: signal<number | undefined>(undefined),
  }
}
