import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import dpi from './dpi.vnf.ts';
import { cases } from './test/cases/index.ts';

testPackets(dpi, cases, { test, executors: ['evaluator'] });
