/** Sizes of the pages of a list. */
export interface PageSizes {
  /** Size of a request that sets none. */
  readonly ofDefault: number
  readonly max: number
}

/**
 * Returns the size of a page for the `page_size` of a request, which is 0 when it is not set. More
 * than the maximum is the same as the maximum (https://google.aip.dev/158).
 */
export function pageSizeOf(requested: number, { ofDefault, max }: PageSizes): number {
  return Math.min(requested === 0 ? ofDefault : requested, max)
}
