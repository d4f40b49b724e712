import type { Sockets } from '@twinpath/vnf';
import { hostOf, loadFunction, type Target } from '../checks/target.ts';
import type { Load } from './config.ts';
import { numberIn } from './prometheus.ts';
import { snmpLoad } from './snmp-load.ts';

/** The load of a backend, 0 idle and 1 full. @throws Error it cannot be told */
export async function loadOf(load: Load, target: Target, sockets: Sockets): Promise<number> {
  switch (load.from) {
    case 'snmp':
      return snmpLoad(sockets, target, load);
    case 'http': {
      const { signal } = target;
      const headers = { connection: 'close' };
      const answer = await sockets.fetch(`http://${hostOf(target)}${load.path}`, { headers, signal });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return numberIn(await answer.text(), load.metric) / load.full;
    }
    case 'module': {
      const value = await (await loadFunction(load.file))(target);
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw new TypeError(`${load.file} gave ${String(value)}, not a number`);
    }
  }
}
