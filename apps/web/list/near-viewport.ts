import { useEffect, useMemo } from 'preact/hooks'

/** Reports when an element comes near the viewport, and when it leaves again. */
export interface ViewportObserver {
  observe(element: Element, onChange: (near: boolean) => void): () => void
}

/** @param margin Distance that counts as near. Default: one viewport height above and below. */
export function useNearViewport(margin = '100% 0px'): ViewportObserver {
  const viewport = useMemo(() => {
    const listeners = new Map<Element, (near: boolean) => void>()
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting)
      },
      { rootMargin: margin },
    )
    const observe: ViewportObserver['observe'] = (element, onChange) => {
      listeners.set(element, onChange)
      observer.observe(element)
      return () => {
        listeners.delete(element)
        observer.unobserve(element)
      }
    }
    return { observe, close: () => observer.disconnect() }
  }, [margin])
  useEffect(() => viewport.close, [viewport])
  return viewport
}
