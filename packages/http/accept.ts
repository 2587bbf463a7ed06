/**
 * Returns the media type that the client prefers, or `undefined` when it accepts none of them (RFC
 * 9110 §12.5.1). Without a preference it is the first one.
 * @param accepted Value of `Accept`. Without one, every type is accepted.
 * @param offered Media types in lower case, without parameters.
 */
export function acceptedType<T extends string>(
  accepted: string | undefined,
  offered: readonly T[],
): T | undefined {
  const weights = weightsOf(accepted?.trim() || '*/*')
  let best: T | undefined
  let bestWeight = 0
  for (const type of offered) {
    const group = `${type.split('/')[0]}/*`
    const weight = weights.get(type) ?? weights.get(group) ?? weights.get('*/*') ?? 0
    if (weight <= bestWeight) continue
    best = type
    bestWeight = weight
  }
  return best
}

/** Returns whether the client names the type itself. A range with `*` does not. */
export function namesType(accepted: string | undefined, type: string): boolean {
  return (weightsOf(accepted ?? '').get(type) ?? 0) > 0
}

/** Returns the weight of each media range. */
function weightsOf(accepted: string): Map<string, number> {
  const weights = new Map<string, number>()
  for (const part of accepted.toLowerCase().split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim())
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))
    weights.set(range, weight === undefined ? 1 : Number(weight.split('=')[1]) || 0)
  }
  return weights
}
