import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import dpi from './dpi.vnf.ts';
import { cases } from './test/cases/index.ts';
import { shapes } from './test/cases/shapes.ts';

/** Both families and both protocols, but not all four of their pairs: the evaluator has those. */
const some = cases.filter(({ title }) => !/TCP over IPv6|UDP over IPv4/.test(title));

testPackets(dpi, some, { test, executors: ['kernel'] });
// Where tags may lie beside the packet.
testPackets(
  dpi,
  some.filter((one) => shapes.includes(one)),
  { test, executors: ['kernel'], hooks: ['tcx'] },
);
