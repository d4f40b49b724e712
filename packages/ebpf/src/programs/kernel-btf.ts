import { BpfCommand, bpf, type Fd, NativeBuffer, SyscallError } from '@twinpath/linux';
import { adoptResult, context } from '../object.ts';

/** Loads a BTF blob into the kernel. Needs 4.18. @throws SyscallError with the kernel's reason. */
export function loadBtf(blob: Uint8Array, subject: string): Fd {
  const attr = new NativeBuffer(32).setPointer(0, new NativeBuffer(blob)).setU32(16, blob.length);
  const result = bpf(BpfCommand.BTF_LOAD, attr);
  if (result >= 0) return adoptResult('BTF_LOAD', result, subject);
  const log = new NativeBuffer(64 * 1024);
  attr.setPointer(8, log).setU32(20, log.size).setU32(24, 1);
  const again = bpf(BpfCommand.BTF_LOAD, attr);
  if (again >= 0) return adoptResult('BTF_LOAD', again, subject);
  const lines = new TextDecoder()
    .decode(log.bytes.subarray(0, log.bytes.indexOf(0)))
    .trim()
    .split('\n');
  const detail = lines.slice(-2).join('; ');
  throw new SyscallError('bpf(BTF_LOAD)', -result, {
    ...context(result, `BTF of ${subject}`),
    detail: detail === '' ? undefined : detail,
  });
}
