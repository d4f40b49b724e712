// Reads all that is measured, when somebody asks for it.
import { getLink, Netlink } from '@twinpath/linux';
import type { RunningChain, RunningPort } from '@twinpath/runtime';
import type { ChainHost } from '../chains/chain-host.ts';
import type { Control } from '../control/control.ts';
import { type ChainReading, type FunctionReading, metricsOf, type PortReading } from './samples.ts';

export interface MetricsSources {
  readonly control: Control;
  readonly host: ChainHost;
}

/** OpenMetrics. */
export async function metricsText({ control, host }: MetricsSources): Promise<string> {
  const { user, system } = process.cpuUsage();
  const running = [...host.running].map(([name, { chain }]) => readChain(name, chain));
  return metricsOf({
    status: control.status(),
    process: { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 },
    chains: await Promise.all(running),
  });
}

async function readChain(chain: string, running: RunningChain): Promise<ChainReading> {
  const functions = running.functions.map(async (one, index): Promise<FunctionReading> => {
    const name = running.spec.functions[index]?.name ?? one.name;
    try {
      const [statistics, measures] = await Promise.all([one.statistics(), one.measures()]);
      return { name, read: { statistics, measures } };
    } catch {
      // It is being started again, or the chain ends; `twinpath_function_measured` says so.
      return { name, read: undefined };
    }
  });
  return { chain, ports: running.ports.map(readPort), functions: await Promise.all(functions) };
}

function readPort(port: RunningPort): PortReading {
  try {
    using netlink = new Netlink(port.namespace);
    return { port, link: getLink(netlink, port.interface) };
  } catch {
    // Interfaces come and go; `twinpath_port_up` says so.
    return { port, link: undefined };
  }
}
