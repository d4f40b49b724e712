import { sys } from './ffi.ts';

/** Of glibc's sigset_t; the kernel reads 8 bytes of it. */
const SET_BYTES = 128;
const SIG_SETMASK = 2;
const every = new Uint8Array(SET_BYTES).fill(0xff);

/** Lets nothing interrupt this thread while it works: signals to it come behind, those to the process go to another thread. */
export function withoutSignals<T>(work: () => T): T {
  const before = new Uint8Array(SET_BYTES);
  sys.pthreadSigmask(SIG_SETMASK, every, before);
  try {
    return work();
  } finally {
    sys.pthreadSigmask(SIG_SETMASK, before, null);
  }
}
