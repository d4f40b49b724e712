// One program with all that services can want of it.
import { type Case, conversation, oneBackend, type Service, settings, withServices } from './case.ts';

const ALGORITHMS = ['maglev', 'source', 'round-robin', 'least-connections'] as const;
const MODES = ['nat', 'direct', 'tunnel'] as const;

export const together: readonly Case[] = settings.map((setting): Case => {
  const [first] = oneBackend(setting, { affinity: 'source', newFlows: 1000 }).services ?? [];
  const others = MODES.flatMap((mode, m) =>
    ALGORITHMS.map((algorithm, a): Service => {
      const backends = [{ address: setting.backends[0] }];
      return { address: setting.vip, port: 1000 + 10 * m + a, protocol: setting.protocol, mode, algorithm, backends };
    }),
  );
  const { opens, answers } = conversation(setting);
  return {
    title: `${setting.name}: services with all modes and algorithms are one program`,
    config: {
      ...withServices(...(first ? [first] : []), ...others),
      tunnel: { source4: '192.0.2.1', source6: '2001:db8::1' },
    },
    steps: [...opens, answers('ack')],
  };
});
