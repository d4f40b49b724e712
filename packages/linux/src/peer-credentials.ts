import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Who has connected to a Unix socket, as the kernel has noted it then (SO_PEERCRED, unix(7)). `fd`: number of the connected socket. */
export function peerCredentials(fd: number): PeerCredentials {
  // struct ucred: pid, uid, gid, 32 bits each.
  const credentials = new NativeBuffer(12);
  const length = new NativeBuffer(4).setU32(0, credentials.size);
  const result = sys.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials.bytes, length.bytes);
  check('getsockopt(SO_PEERCRED)', result, { subject: `descriptor ${fd}` });
  return { pid: credentials.getU32(0), uid: credentials.getU32(4), gid: credentials.getU32(8) };
}
