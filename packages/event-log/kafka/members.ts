import { type Admin, AssignerProtocol, type PartitionAssigner, PartitionAssigners } from 'kafkajs'

/** Before the installation in what a member tells the group of itself. */
const mark = 'marquee installation '
/** How long the members of a group that is being rebalanced are waited for: they are not told meanwhile. */
const settling = { triesMax: 10, pauseMs: 300 }

/** A consumer that is not alone in its group: another installation's is there. */
export class GroupTakenError extends Error {
  override readonly name = 'GroupTakenError'
  constructor(group: string) {
    super(
      `another installation consumes with the group "${group}", and each would get a part of the events: ` +
        'give one of the two its own --event-log-group',
    )
  }
}

/** Deals partitions in turn, and tells the group whose consumer this is. */
export function assignerOf(installation: string | undefined): PartitionAssigner {
  return (config) => {
    const assigner = PartitionAssigners.roundRobin(config)
    if (installation === undefined) return assigner
    const userData = Buffer.from(`${mark}${installation}`)
    return {
      ...assigner,
      protocol: ({ topics }) => ({
        name: assigner.name,
        metadata: AssignerProtocol.MemberMetadata.encode({
          version: assigner.version,
          topics,
          userData,
        }),
      }),
    }
  }
}

/**
 * The other installations whose consumers are in the group. Those of earlier versions of this program, and of other
 * programs, say none.
 */
export async function otherInstallations(
  admin: Pick<Admin, 'describeGroups'>,
  group: string,
  installation: string,
  pause: (timeMs: number) => Promise<unknown>,
): Promise<string[]> {
  for (let count = 1; ; count++) {
    const { groups } = await admin.describeGroups([group])
    const [found] = groups
    const isSettled = found === undefined || !/Rebalance/.test(found.state)
    if (isSettled || count === settling.triesMax) {
      const installations = (found?.members ?? []).flatMap((one) => readMark(one.memberMetadata))
      return installations.filter((one) => one !== installation)
    }
    await pause(settling.pauseMs)
  }
}

function readMark(metadata: Buffer): string[] {
  if (metadata.length === 0) return []
  const text = String(AssignerProtocol.MemberMetadata.decode(metadata)?.userData ?? '')
  return text.startsWith(mark) ? [text.slice(mark.length)] : []
}
