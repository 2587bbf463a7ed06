/**
 * Returns the first content coding that the client accepts, or `undefined` when it accepts none
 * (RFC 9110 §12.5.3).
 * @param accepted Value of `Accept-Encoding`.
 * @param offered Content codings in lower case, the best first.
 */
export function acceptedEncoding<T extends string>(
  accepted: string | undefined,
  offered: readonly T[],
): T | undefined {
  if (accepted === undefined) return undefined
  const weights = new Map<string, number>()
  for (const part of accepted.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim())
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))
    // RFC 9110 §8.4.1.3.
    const name = coding === 'x-gzip' ? 'gzip' : coding
    weights.set(name, weight === undefined ? 1 : Number(weight.split('=')[1]) || 0)
  }
  const others = weights.get('*') ?? 0
  return offered.find((coding) => (weights.get(coding) ?? others) > 0)
}
