import { testPackets } from '../../index.ts';
import { cases } from './cases.ts';
import portFilter from './port-filter.vnf.ts';

testPackets(portFilter, cases);
