import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import loadBalancer from './load-balancer.vnf.ts';
import { cases } from './test/cases/index.ts';

/** Both families and both protocols, but not all four of their pairs: the evaluator has those. */
const some = cases.filter(({ title }) => !/TCP over IPv6|UDP over IPv4/.test(title));

testPackets(loadBalancer, cases, { test, executors: ['evaluator'] });
testPackets(loadBalancer, some, { test, executors: ['engine'] });
