export { toSockets, XdpInterface, type XdpInterfaceOptions, type XdpQueue } from './xdp-interface.ts';
