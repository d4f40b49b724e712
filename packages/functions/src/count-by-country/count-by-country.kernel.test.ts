import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import countByCountry from './count-by-country.vnf.ts';
import { cases } from './test/cases.ts';

testPackets(countByCountry, cases, { test, executors: ['kernel'] });
