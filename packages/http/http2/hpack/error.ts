/**
 * Thrown for a malformed header block (RFC 7541): a connection error of type COMPRESSION_ERROR (RFC
 * 9113 §4.3).
 */
export class HpackError extends Error {
  override name = 'HpackError'
}
