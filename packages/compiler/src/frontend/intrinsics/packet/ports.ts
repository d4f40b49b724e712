// TCP, UDP and the ports of either, in the fast path.
import { tcpLayout, udpLayout } from '@twinpath/packet';
import { nextOfUdp } from '../headers/header-view.ts';
import { type Member, type Members, reading } from '../members.ts';
import { part } from '../view.ts';
import { payloadOfTcp, payloadOfUdp } from './bytes.ts';
import { flagField, integerField } from './field.ts';
import { tcpOption } from './tcp-option.ts';

type Places = typeof tcpLayout.fields & Partial<typeof udpLayout.fields>;

const field = (place: Places['sport']): Member =>
  reading((code, header) => integerField(code, part(header, 'at'), place));
const flag = (place: Places['sport']): Member => reading((code, header) => flagField(code, part(header, 'at'), place));

const { fields: tcp } = tcpLayout;
const { fields: udp } = udpLayout;

export const portsMembers: Members = {
  properties: { sport: field(udp.sport), dport: field(udp.dport) },
  methods: {},
};

export const tcpMembers: Members = {
  properties: {
    ...portsMembers.properties,
    sequence: field(tcp.sequence),
    acknowledgement: field(tcp.acknowledgement),
    window: field(tcp.window),
    syn: flag(tcp.syn),
    ack: flag(tcp.ack),
    fin: flag(tcp.fin),
    rst: flag(tcp.rst),
    psh: flag(tcp.psh),
    urg: flag(tcp.urg),
  },
  methods: { option: tcpOption, payload: payloadOfTcp },
};

export const udpMembers: Members = {
  properties: { ...portsMembers.properties, length: field(udp.length) },
  methods: { next: nextOfUdp, payload: payloadOfUdp },
};
