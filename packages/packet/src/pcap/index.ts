export { type CapturedPacket, CaptureError, ETHERNET, type PacketToCapture } from './capture.ts';
export { readCapture } from './read-capture.ts';
export { type CaptureInterface, writePcap, writePcapng } from './write-capture.ts';
