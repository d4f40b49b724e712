import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import offload from './offload.vnf.ts';
import { cases } from './test/cases.ts';

testPackets(offload, cases, { test, executors: ['kernel'] });
