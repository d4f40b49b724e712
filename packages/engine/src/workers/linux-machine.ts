// What workers use of Linux; loaded only there.

import { clearEventFd, FdWait, pinThread, recordHoldings, signalEventFd } from '@twinpath/linux';
// Not by the folder's index: a worker has no use for all of @twinpath/ebpf.
import { FrameDevice } from '../ports/live/frame-device.ts';
import { XdpDevice } from '../ports/live/xdp-device.ts';
import type { WorkerStart } from './messages.ts';
import type { WaitForFds } from './poll-loop.ts';
import type { Machine } from './worker.ts';

export function prepare({ holdings, poll }: WorkerStart): void {
  if (holdings !== undefined) recordHoldings(holdings);
  if (poll.pin !== undefined) pinThread(poll.pin);
}

export const machine: Machine = {
  wake: signalEventFd,
  open(memory, { device, rings, name }, farEnd) {
    switch (device.kind) {
      case 'xdp':
        return new XdpDevice(memory, rings, device.fd);
      case 'packet':
      case 'tap':
        return new FrameDevice(device, farEnd());
      default:
        throw new Error(`${name} is no port of Linux`);
    }
  },
};

let waiting: { readonly fds: readonly number[]; readonly wait: FdWait } | undefined;

export const waitForFds: WaitForFds = (fds, alarm, timeoutMs) => {
  if (waiting?.fds !== fds) waiting = { fds, wait: new FdWait([...fds, alarm]) };
  if (waiting.wait.wait(timeoutMs)) clearEventFd(alarm);
};
