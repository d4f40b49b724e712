export { type PacketText, packetFromText } from '@twinpath/packet';
export { missingForKernel } from './packets/kernel.ts';
export type { Seen } from './packets/observe.ts';
export { StepError } from './packets/step-error.ts';
export type { CaseOf, TestCase, TestStep, VerdictName } from './packets/test-case.ts';
export { type Register, type TestOptions, testPackets } from './packets/test-packets.ts';
export { type ExecutorName, startUnderTest, type UnderTest } from './packets/under-test.ts';
