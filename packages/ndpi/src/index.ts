export { NdpiBusyError, NdpiLostError, NdpiMissingError } from './errors.ts';
export { Ndpi, type NdpiOptions } from './ndpi.ts';
export { RISKS } from './risks.ts';
export type { Shown, Verdict } from './wire.ts';
