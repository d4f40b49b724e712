import type { ChainHost } from '../chains/chain-host.ts';
import type { Control } from '../control/control.ts';

export interface MetricsSources {
  readonly control: Control;
  readonly host: ChainHost;
  readonly version: string;
}

/** OpenMetrics. */
export async function metricsText({ control, version }: MetricsSources): Promise<string> {
  const { revision, chains } = control.status();
  return [
    '# TYPE twinpath info',
    `twinpath_info{version="${version}"} 1`,
    '# TYPE twinpath_revision gauge',
    `twinpath_revision ${revision}`,
    '# TYPE twinpath_chain_running gauge',
    ...chains.map(({ name, state }) => `twinpath_chain_running{chain="${name}"} ${state === 'running' ? 1 : 0}`),
    '# EOF',
    '',
  ].join('\n');
}
