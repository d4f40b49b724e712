import { describe, expect, test } from 'vitest';
import { parseRejection, parseStatistics } from './verifier-log.ts';

const log = `func#0 @0
0: R1=ctx() R10=fp0
; return packet.u8(14) @ firewall.vnf.ts:12
0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2_w=pkt(r=0)
1: (71) r0 = *(u8 *)(r2 +14)
invalid access to packet, off=14 size=1, R2(id=0,off=14,r=0)
R2 offset is outside of the packet
verification time 46 usec
stack depth 16+8
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 3 peak_states 1 mark_read 0
`;

describe('verifier logs', () => {
  test('give the reason and the instruction it stands at', () => {
    expect(parseRejection(log)).toEqual({
      summary: 'invalid access to packet, off=14 size=1, R2(id=0,off=14,r=0); R2 offset is outside of the packet',
      slot: 1,
    });
  });

  test('give the statistics, with the stack of all functions', () => {
    expect(parseStatistics(log)).toEqual({ processed: 2, totalStates: 3, peakStates: 1, stackDepth: 24 });
    expect(parseStatistics('no such line')).toBeUndefined();
  });

  test('precision tracking and states behind the last instruction are no reason', () => {
    const noisy = `5: (0f) r1 += r2
mark_precise: frame0: last_idx 5 first_idx 0 subseq_idx -1
mark_precise: frame0: regs=r2 stack= before 4: (bf) r2 = r6
6: R1_w=map_value(off=0)
math between map_value pointer and register with unbounded min value is not allowed
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`;
    expect(parseRejection(noisy)).toEqual({
      summary: 'math between map_value pointer and register with unbounded min value is not allowed',
      slot: 5,
    });
  });

  test('a check before the walk names the instruction in its text', () => {
    expect(parseRejection('jump out of range from insn 2 to 9\nprocessed 0 insns (limit 1000000)').slot).toBe(2);
    expect(parseRejection('').summary).toBe('no reason given');
  });
});
