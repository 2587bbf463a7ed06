import type { Attack } from './attack.ts'
import { messageAttacks } from './message-attacks.ts'
import { streamAttacks } from './stream-attacks.ts'
import { transportAttacks } from './transport-attacks.ts'

/** All attacks on a running service. */
export const attacks: readonly Attack[] = [...messageAttacks, ...streamAttacks, ...transportAttacks]
