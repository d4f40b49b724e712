import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import loadBalancer from './load-balancer.vnf.ts';
import { cases } from './test/cases/index.ts';

testPackets(loadBalancer, cases, { test, executors: ['engine', 'kernel'] });
