import type { Sockets } from '@twinpath/vnf';
import type { Target } from '../checks/target.ts';
import type { Values } from './pdu.ts';
import { type Asking, askAgent } from './snmp.ts';

/** UCD-SNMP-MIB: laLoadInt.1, the load average of one minute in hundredths, and ssCpuIdle.0, percent. */
const LOAD_HUNDREDTHS = '1.3.6.1.4.1.2021.10.1.5.1';
const CPU_IDLE = '1.3.6.1.4.1.2021.11.11.0';
/** HOST-RESOURCES-MIB: hrProcessorLoad, percent of the last minute, one for each core. */
const PROCESSORS = '1.3.6.1.2.1.25.3.3.1.2';
/** HOST-RESOURCES-MIB: what kind each device is, and that it is a processor. Agents know it at once, the load after a minute. */
const DEVICE_TYPES = '1.3.6.1.2.1.25.3.2.1.2';
const PROCESSOR = '1.3.6.1.2.1.25.3.1.3';
/** Of one question, so that its answer fits a packet. */
const ROWS = 30;

export interface SnmpOptions extends Asking {
  readonly what: 'load' | 'cpu' | 'idle';
}

/** 0 idle, 1 full. @throws Error */
export async function snmpLoad(sockets: Sockets, target: Target, options: SnmpOptions): Promise<number> {
  const ask = (oids: readonly string[], successors?: number) =>
    askAgent(sockets, target, options, { oids, ...(successors !== undefined && { successors }) });
  switch (options.what) {
    case 'idle':
      return 1 - numberOf(await ask([CPU_IDLE]), CPU_IDLE) / 100;
    case 'cpu': {
      const loads = (await column(ask, PROCESSORS)).filter((load) => typeof load === 'number');
      if (loads.length === 0) throw new Error('the agent does not show what its processors do (hrProcessorLoad)');
      return loads.reduce((sum, load) => sum + load, 0) / loads.length / 100;
    }
    case 'load': {
      // A load of 1 is full for one core, and a quarter of four.
      const [values, devices] = await Promise.all([ask([LOAD_HUNDREDTHS]), column(ask, DEVICE_TYPES)]);
      const cores = devices.filter((type) => type === PROCESSOR).length;
      if (cores === 0) throw new Error('the agent shows no processors (hrDeviceType)');
      return numberOf(values, LOAD_HUNDREDTHS) / 100 / cores;
    }
  }
}

/** All rows of a column of a table. */
async function column(ask: (oids: readonly string[], successors: number) => Promise<Values>, name: string) {
  const found: (number | string | undefined)[] = [];
  for (let from = name, isMore = true; isMore; ) {
    const rows = [...(await ask([from], ROWS))].filter(([row]) => row.startsWith(`${name}.`));
    for (const [row, value] of rows) {
      found.push(value);
      from = row;
    }
    isMore = rows.length === ROWS;
  }
  return found;
}

function numberOf(values: Values, name: string): number {
  const value = values.get(name);
  if (typeof value === 'number') return value;
  throw new Error(`the agent does not show ${name}`);
}
