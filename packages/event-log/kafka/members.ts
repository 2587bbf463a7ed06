import { type Admin, AssignerProtocol, type PartitionAssigner, PartitionAssigners } from 'kafkajs'

/** Prefix of the installation in the user data of a group member. */
const installationPrefix = 'marquee installation '
/**
 * Attempts to list the members of a group while it rebalances, and the pause between them, in
 * milliseconds. The list is empty during a rebalance.
 */
const settling = { triesMax: 10, pauseMs: 300 }

/** Thrown when a consumer of another installation is in the group. */
export class GroupTakenError extends Error {
  override readonly name = 'GroupTakenError'
  constructor(group: string) {
    super(
      `another installation consumes with the group "${group}", and each would get a part of the events: ` +
        'give one of the two its own --event-log-group',
    )
  }
}

/** Assigns partitions round-robin, and puts the installation into the member's user data. */
export function assignerOf(installation: string | undefined): PartitionAssigner {
  return (config) => {
    const assigner = PartitionAssigners.roundRobin(config)
    if (installation === undefined) return assigner
    const userData = Buffer.from(`${installationPrefix}${installation}`)
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
 * Returns the other installations that have consumers in the group. Consumers of earlier versions
 * of this program, and of other programs, have no installation.
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
      const installations = (found?.members ?? []).flatMap((one) =>
        installationOf(one.memberMetadata),
      )
      return installations.filter((one) => one !== installation)
    }
    await pause(settling.pauseMs)
  }
}

function installationOf(metadata: Buffer): string[] {
  if (metadata.length === 0) return []
  const text = String(AssignerProtocol.MemberMetadata.decode(metadata)?.userData ?? '')
  return text.startsWith(installationPrefix) ? [text.slice(installationPrefix.length)] : []
}
