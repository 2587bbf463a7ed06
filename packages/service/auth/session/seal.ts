import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from 'jose'

/** Encrypts and authenticates what a cookie keeps, so that its browser can neither read nor change it. */
export interface Seal {
  /**
   * @param purpose What the text is for: one for another purpose cannot be opened.
   * @param endSeconds Time since the epoch after which it cannot be opened, in seconds.
   */
  close(purpose: string, content: JWTPayload, endSeconds: number): Promise<string>
  /** Returns `undefined` for a text of another key or purpose, and after its end. */
  open(purpose: string, text: string): Promise<JWTPayload | undefined>
}

/**
 * @param secrets Texts of at least 256 random bits. The first one encrypts, and all decrypt.
 */
export async function createSeal(secrets: readonly string[]): Promise<Seal> {
  const keys = await Promise.all(secrets.map(toKey))
  const [first] = keys
  if (first === undefined) throw new Error('a seal needs a key')
  return {
    close: (purpose, content, endSeconds) =>
      new EncryptJWT(content)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(purpose)
        .setExpirationTime(endSeconds)
        .encrypt(first),
    async open(purpose, text) {
      for (const key of keys) {
        try {
          const { payload } = await jwtDecrypt(text, key, {
            audience: purpose,
            requiredClaims: ['exp'],
            keyManagementAlgorithms: ['dir'],
            contentEncryptionAlgorithms: ['A256GCM'],
          })
          return payload
        } catch (error) {
          if (!(error instanceof errors.JOSEError)) throw error
        }
      }
      return undefined
    },
  }
}

async function toKey(secret: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)))
}
