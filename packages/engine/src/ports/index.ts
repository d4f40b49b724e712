export { CaptureDevice, type CaptureImage } from './capture.ts';
export { type PortCounter, readPortCounters, type VerdictCounter } from './counters.ts';
export { createPort, createVerdictCounters, freePort, type NewPort } from './create-port.ts';
export { FarEnd } from './far-end.ts';
export { BURST, BURST_BYTES, Forwarder, type ForwarderPlace } from './forwarder.ts';
export {
  createFramePool,
  FramePool,
  type FramePoolImage,
  type FramePoolOptions,
  freeFramePool,
  HOLDER,
} from './frame-pool.ts';
export { type InletFields, inletHeader, SIDE } from './inlet.ts';
export type { InterfaceImage } from './interface-image.ts';
export { createLink, type LinkEnd } from './link.ts';
export { Port } from './port.ts';
export type { Device, DeviceImage, PortImage } from './port-image.ts';
export type { RingPlace, RingPlaces } from './ring.ts';
