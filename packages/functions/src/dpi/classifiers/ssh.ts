import type { Classifier } from './classifier.ts';
import { ascii, mayStartWith, startsWith } from './reader.ts';

const VERSIONS = ['SSH-2.0-', 'SSH-1.'];

/** RFC 4253, section 4.2: both ends begin with a line; a server may say others first. */
export const ssh: Classifier = {
  name: 'ssh',
  transport: 'tcp',
  classify({ client, server }) {
    for (const { stream } of [client, server]) {
      if (!VERSIONS.some((text) => startsWith(stream, text))) continue;
      const [line = ''] = ascii(stream).split(/\r?\n/, 1);
      return { application: 'SSH', category: 'RemoteAccess', fingerprint: line.slice(0, 40) };
    }
    const isOpen = [client, server].every(({ stream }) => VERSIONS.some((text) => mayStartWith(stream, text)));
    return isOpen ? 'more' : 'no';
  },
};
