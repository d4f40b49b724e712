// Rules of policy routing: which table a packet's route is looked up in.
import { isSyscallError } from '../syscall-error.ts';
import { AF_INET, AF_INET6 } from './address-text.ts';
import type { NetlinkReader } from './message.ts';
import { allRoutes } from './route.ts';
import type { Netlink } from './socket.ts';

const RTM_GETRULE = 34;
/** FRA_… of include/uapi/linux/fib_rules.h that ask for nothing of a packet but its destination and the interface it came by. */
const HARMLESS: ReadonlySet<number> = new Set([
  /* DST */ 1, /* IIFNAME */ 3, /* GOTO */ 4, /* PRIORITY */ 6, /* SUPPRESS_IFGROUP */ 13, /* SUPPRESS_PREFIXLEN */ 14,
  /* TABLE */ 15, /* PAD */ 18, /* PROTOCOL */ 21,
]);

/** Whether the kernel routes packets that come in by one interface by nothing but their destination. */
export function routesByDestination(netlink: Netlink): boolean {
  return listRules(netlink).every(isHarmless) && allRoutes(netlink).every(({ byDestination }) => byDestination);
}

/** struct fib_rule_hdr: family, destination's length, source's length, type of service, table, 2 bytes, action, u32 flags. */
function listRules(netlink: Netlink): readonly NetlinkReader[] {
  return [AF_INET, AF_INET6].flatMap((family) => {
    try {
      return netlink.dump({
        call: 'RTM_GETRULE',
        type: RTM_GETRULE,
        body: (writer) => writer.u32(family).u32(0).u32(0),
      });
    } catch (error) {
      // A kernel without this family, or without more than one table (CONFIG_IP_MULTIPLE_TABLES).
      if (isSyscallError(error, 'EAFNOSUPPORT', 'EOPNOTSUPP')) return [];
      throw error;
    }
  });
}

function isHarmless(rule: NetlinkReader): boolean {
  const asksNothing = rule.u8(2) === 0 && rule.u8(3) === 0;
  return asksNothing && [...rule.attributes(12).keys()].every((kind) => HARMLESS.has(kind));
}
