import { useEffect, useMemo } from 'preact/hooks'

/** Tells elements when they come near the viewport, and when they are far again. */
export interface Nearness {
  observe(element: Element, onChange: (near: boolean) => void): () => void
}

/** Near is within one height of the viewport, above and below. */
export function useNearness(margin = '100% 0px'): Nearness {
  const nearness = useMemo(() => {
    const listeners = new Map<Element, (near: boolean) => void>()
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting)
      },
      { rootMargin: margin },
    )
    const observe: Nearness['observe'] = (element, onChange) => {
      listeners.set(element, onChange)
      observer.observe(element)
      return () => {
        listeners.delete(element)
        observer.unobserve(element)
      }
    }
    return { observe, close: () => observer.disconnect() }
  }, [margin])
  useEffect(() => nearness.close, [nearness])
  return nearness
}
