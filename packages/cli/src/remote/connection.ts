// Which daemon a command asks: that of this machine, or one that an address names.
import { Client, DEFAULT_SOCKET, type TcpTarget } from '@twinpath/api';
import { Option } from 'commander';
import { UsageError } from '../output/command-error.ts';
import { readText } from '../text-file.ts';

export interface ConnectionOptions {
  readonly socket?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export const connectionOptions = (): readonly Option[] => [
  new Option('--socket <path>', 'of the daemon on this machine')
    .env('TWINPATH_SOCKET')
    .default(undefined, DEFAULT_SOCKET),
  new Option('--url <https://host:port>', 'a daemon on another machine').env('TWINPATH_URL').conflicts('socket'),
  new Option('--token-file <file>', 'has the secret of a token; or TWINPATH_TOKEN is the secret itself'),
  new Option('--ca <file.pem>', 'whom to trust in place of what the system trusts').env('TWINPATH_CA'),
  new Option('--cert <file.pem>', 'the certificate that says who asks').env('TWINPATH_CERT'),
  new Option('--key <file.pem>', 'its key').env('TWINPATH_KEY'),
];

/** @throws UsageError, CommandError */
export function connect({ socket, url, tokenFile, ca, cert, key }: ConnectionOptions): Client {
  if (url === undefined) return new Client({ socket: socket ?? DEFAULT_SOCKET });
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new UsageError(`'${url}' is no address of a daemon`, 'write it as https://host:port');
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('a certificate and its key belong together', 'give --cert and --key');
  }
  const secret = tokenFile === undefined ? process.env.TWINPATH_TOKEN : readText(tokenFile).trim();
  const target: TcpTarget = {
    url,
    ...(secret !== undefined && { secret }),
    ...(ca !== undefined && { ca: readText(ca) }),
    ...(cert !== undefined && key !== undefined && { certificate: { cert: readText(cert), key: readText(key) } }),
  };
  return new Client(target);
}
