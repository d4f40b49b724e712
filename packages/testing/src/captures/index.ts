export { flowName, flowsIn, type MostPackets, missingReader, readerOperands, readWithNdpi } from './ndpi-reader.ts';
export { type Recorded, recorded } from './recorded.ts';
