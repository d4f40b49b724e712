export { type PacketText, packetFromText } from '@twinpath/packet';
export { StepError } from './packets/step-error.ts';
export type { CaseOf, TestCase, TestStep, VerdictName } from './packets/test-case.ts';
export { type Register, type TestOptions, testPackets } from './packets/test-packets.ts';
