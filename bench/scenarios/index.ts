import type { Contender, Result } from '../result.ts';
import { attack } from './attack.ts';
import { bulk } from './bulk.ts';
import { chainLength } from './chain-length.ts';
import { controlPlane } from './control-plane.ts';
import { dpiReplay } from './dpi-replay.ts';
import { elephants } from './elephants.ts';
import { engine } from './engine.ts';
import { fastPath } from './fast-path.ts';
import { firewallRules } from './firewall-rules.ts';
import { firstPacket } from './first-packet.ts';
import { functions } from './functions.ts';
import { ioLadder } from './io-ladder.ts';
import { packetRate } from './packet-rate.ts';
import { slowPath } from './slow-path.ts';
import { specialise } from './specialise.ts';
import { webChain } from './web-chain.ts';

export interface Scenario {
  readonly name: string;
  readonly purpose: string;
  /** Without --rounds. */
  readonly rounds: number;
  /** What no load changes, of ours alone: numbers of instructions, steps of the verifier. */
  fixed?(): Promise<readonly Contender[]>;
  run(options: { readonly rounds: number; progress(text: string): void }): Promise<Result>;
}

export const scenarios: readonly Scenario[] = [
  attack,
  bulk,
  chainLength,
  controlPlane,
  dpiReplay,
  elephants,
  engine,
  fastPath,
  firewallRules,
  firstPacket,
  functions,
  ioLadder,
  packetRate,
  slowPath,
  specialise,
  webChain,
];
