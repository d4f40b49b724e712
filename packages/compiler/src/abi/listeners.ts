// `listeners` says by which interface packets of a reason leave whose `way` is 'interface': for each reason, by its index, a u32 in
// host byte order; 0: the interface is not there. Only functions with such a reason have it.
import type { MapSpec } from '@twinpath/ebpf';
import type { FunctionPlan } from '@twinpath/vnf/plan';

export const LISTENERS = 'listeners';

export const listenerMaps = ({ reasons }: Pick<FunctionPlan, 'reasons'>): readonly MapSpec[] =>
  reasons.some(({ way }) => way === 'interface')
    ? [
        {
          name: LISTENERS,
          type: 'array',
          keySize: 4,
          // The kernel rounds values up to 8 bytes.
          valueSize: 8 * Math.ceil(reasons.length / 2),
          maxEntries: 1,
          flags: ['mmapable'],
        },
      ]
    : [];
