import { ethtool } from './ethtool.ts';
import { NativeBuffer } from './native-buffer.ts';
import { isSyscallError } from './syscall-error.ts';

const ETHTOOL_GDRVINFO = 3;
/** struct ethtool_drvinfo: u32 command, then texts of 32 bytes, the driver's name first. */
const DRVINFO_SIZE = 196;
const TEXT = 32;

/** What the driver of interface `name` of this thread's namespace calls itself ("virtio_net", "veth"); `undefined`: it does not say. */
export function getDriver(name: string): string | undefined {
  const info = new NativeBuffer(DRVINFO_SIZE).setU32(0, ETHTOOL_GDRVINFO);
  try {
    ethtool(name, info, `getting the driver of interface ${name}`);
  } catch (error) {
    if (!isSyscallError(error, 'EOPNOTSUPP')) throw error;
    return undefined;
  }
  const text = info.bytes.subarray(4, 4 + TEXT);
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}
