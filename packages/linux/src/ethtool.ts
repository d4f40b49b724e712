import { sys } from './ffi.ts';
import { keepAlive, NativeBuffer } from './native-buffer.ts';
import { Socket } from './socket.ts';
import { check } from './syscall-error.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCETHTOOL = 0x8946;
const IFNAMSIZ = 16;

/** Asks of an interface of this thread's namespace: struct ifreq { char name[16]; void *data }. The answer is in `data`, which begins with
 *  the command. @throws SyscallError */
export function ethtool(name: string, data: NativeBuffer, subject: string): void {
  using socket = new Socket(AF_INET, SOCK_DGRAM, 0, subject);
  const request = new NativeBuffer(40).setString(0, name, IFNAMSIZ).setPointer(IFNAMSIZ, data);
  const result = sys.ioctl(socket.fd.number, SIOCETHTOOL, request.bytes);
  keepAlive(request);
  check('ioctl(SIOCETHTOOL)', result, { subject });
}
