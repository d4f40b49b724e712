// Who parses hostile packets in C must not be able to do anything with what they take over.

/** `nobody` and `nogroup` on every distribution. */
const NOBODY = '65534';
const CAPABILITIES = ['--inh-caps', '-all', '--ambient-caps', '-all', '--no-new-privs'];
const IDENTITY = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--bounding-set', '-all'];

/** A command that runs `command` without capabilities and without a way to get any (setpriv of util-linux); as root, also as nobody. */
export function unprivileged(command: readonly string[]): readonly string[] {
  const isRoot = process.getuid?.() === 0;
  return ['setpriv', ...(isRoot ? IDENTITY : []), ...CAPABILITIES, '--', ...command];
}
