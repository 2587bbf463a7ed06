/** Thrown when a topic cannot be created, or has not the wanted policy. A retry does not help. */
export class TopicError extends Error {
  override readonly name = 'TopicError'
}
