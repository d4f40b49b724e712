import { packetFromText, packetView } from '@twinpath/packet';
import { type Case, conversation, goesTo, oneBackend, packet, passes, settings } from './case.ts';
import { errorAbout } from './without-answers.ts';

/** A packet as it is quoted: its checksum stays that of the packet that was sent (RFC 5508, section 4.2). */
function quoting(rewritten: string, sent: string): string {
  const bytes = packetFromText(sent);
  const ip = packetView(bytes, { port: '', now: 0 }).ip();
  if (ip === undefined) throw new Error(`${sent} is no IP`);
  const at = 14 + (ip.version === 4 ? 20 : 40) + (ip.protocol === 'tcp' ? 16 : 6);
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getUint16(at);
  return rewritten.replace(/((?:tcp|udp) \d+ > \d+(?: ack)?)/, `$1 checksum ${checksum}`);
}

const errors = { errors: 1 };

/** An error finds the end that it is for, and quotes what that end has sent. */
export const icmpErrors: readonly Case[] = settings.flatMap((setting): readonly Case[] => {
  const { name, isIp4, stranger } = setting;
  const config = oneBackend(setting);
  const { client, vip, backend, opens, asks } = conversation(setting);
  const tooBig = isIp4 ? 'unreachable mtu 1400' : 'packet-too-big mtu 1400';
  const answer = (from: readonly [string, number]) => packet(setting, from, client);
  const question = (to: readonly [string, number]) => packet(setting, client, to);
  const about = (to: string, quoted: string, message?: string) => errorAbout(isIp4, to, quoted, message);
  const kinds = [tooBig, 'time-exceeded', 'unreachable code port'];
  return [
    {
      title: `${name}: an error about an answer goes to the backend that sent it (eLB 9: the service kept it)`,
      config,
      steps: [
        ...opens,
        ...kinds.map((kind) =>
          goesTo(
            about(vip[0], answer(vip), kind),
            about(backend[0], quoting(answer(backend), answer(vip)), kind),
            errors,
          ),
        ),
      ],
    },
    {
      title: `${name}: an error about an answer to a flow that is not open yet, too`,
      config,
      steps: [
        asks('syn', { placed: 1 }),
        goesTo(
          about(vip[0], answer(vip), tooBig),
          about(backend[0], quoting(answer(backend), answer(vip)), tooBig),
          errors,
        ),
      ],
    },
    {
      title: `${name}: an error about a question goes to the client, in the words of the service`,
      config,
      steps: [
        ...opens,
        ...kinds.map((kind) =>
          goesTo(
            about(client[0], question(backend), kind),
            about(client[0], quoting(question(vip), question(backend)), kind),
            errors,
          ),
        ),
      ],
    },
    {
      title: `${name}: an error that the backend itself sends comes from the service`,
      config,
      steps: [
        asks('syn', { placed: 1 }),
        goesTo(
          about(client[0], question(backend)).replace(/ip \S+ >/, `ip ${backend[0]} >`),
          about(client[0], quoting(question(vip), question(backend))).replace(/ip \S+ >/, `ip ${vip[0]} >`),
          errors,
        ),
      ],
    },
    {
      title: `${name}: errors about flows that nobody has pass`,
      config,
      steps: [
        ...opens,
        passes(about(vip[0], packet(setting, vip, [stranger, 40_000]))),
        passes(about(vip[0], packet(setting, vip, [client[0], 40_001]))),
        passes(about(stranger, answer(vip))),
      ],
    },
    {
      title: `${name}: echo to the service is the host's`,
      config,
      steps: [
        passes(
          isIp4
            ? `ip ${client[0]} > ${vip[0]} / icmp echo-request id 7 sequence 1`
            : `ip ${client[0]} > ${vip[0]} / icmp6 echo-request id 7 sequence 1`,
        ),
      ],
    },
  ];
});
