export { FrameDevice } from './frame-device.ts';
export { XdpDevice } from './xdp-device.ts';
export { toSockets, XdpInterface, type XdpInterfaceOptions, type XdpQueue } from './xdp-interface.ts';
