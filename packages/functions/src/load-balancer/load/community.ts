// SNMP version 2c (RFC 1901): whoever knows the community may ask.
import { BerError, encode, integer, Reader, TAG, toInteger } from './ber.ts';
import { decodeAnswer, encodeQuestion, type Question, type Values } from './pdu.ts';
import type { Conversation } from './snmp.ts';

const VERSION_2C = 1;

export class CommunityConversation implements Conversation {
  readonly #id: number;
  readonly opening: Uint8Array;

  constructor(community: string, question: Question, id: number) {
    this.#id = id;
    const name = encode(TAG.octets, Buffer.from(community));
    this.opening = encode(TAG.sequence, integer(VERSION_2C), name, encodeQuestion(id, question));
  }

  hear(message: Uint8Array): Values | undefined {
    const outer = new Reader(new Reader(message).expect(TAG.sequence));
    if (toInteger(outer.expect(TAG.integer)) !== VERSION_2C) throw new BerError('it is no message of SNMPv2c');
    outer.expect(TAG.octets);
    const { id, values } = decodeAnswer(outer);
    return id === this.#id ? values : undefined;
  }
}
