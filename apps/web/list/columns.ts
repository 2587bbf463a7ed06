import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const remPx = 16

/** Number of movies in a block, at least; a block has whole rows. */
const blockSizeMin = 12

/** Number of cards in a row of a list, for the width of the window in pixels. */
export function columnsOf(windowWidth: number): number {
  const gutter = clamp(remPx, 0.04 * windowWidth, 2.5 * remPx)
  const width = Math.min(windowWidth - 2 * gutter, 120 * remPx)
  const card = clamp(9.5 * remPx, 0.12 * windowWidth, 13 * remPx)
  const gap = windowWidth < 40 * remPx ? 0.875 * remPx : 1.25 * remPx
  return Math.max(2, Math.floor((width + gap) / (card + gap)))
}

/** Number of movies of a block of whole rows. */
export function blockSizeOf(columns: number): number {
  return columns * Math.ceil(blockSizeMin / columns)
}

/** The number of columns of the window, also when its width changes. */
export function useColumns(): number {
  const columns = useSignal(columnsOf(innerWidth))
  useEffect(() => {
    const update = () => {
      columns.value = columnsOf(innerWidth)
    }
    addEventListener('resize', update)
    return () => removeEventListener('resize', update)
  }, [])
  return columns.value
}

function clamp(low: number, value: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
