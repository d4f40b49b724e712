import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import firewall from './firewall.vnf.ts';
import { cases } from './test/cases/index.ts';

testPackets(firewall, cases, { test, executors: ['evaluator'], hooks: ['xdp', 'tcx'] });
testPackets(firewall, cases, { test, executors: ['engine'] });
