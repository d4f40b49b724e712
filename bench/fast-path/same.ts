// Do the programs of a contest do the same? Verdict, bytes, and what they leave in the maps.
import type { Contender, Contest } from './contenders.ts';

/** What is different, in words; `undefined`: nothing. */
export function difference(contest: Contest, packets: readonly Uint8Array[]): string | undefined {
  const wanted = observe(contest, contest.ours, packets);
  for (const twin of contest.twins) {
    const seen = observe(contest, twin, packets);
    const packet = wanted.runs.findIndex((run, index) => run !== seen.runs[index]);
    if (packet >= 0) {
      const bytes = Buffer.from(packets[packet] ?? []).toString('hex');
      return `${twin.name}: of packet ${packet}, ${bytes}, ${wanted.runs[packet]} became ${seen.runs[packet]}`;
    }
    if (wanted.contents !== seen.contents)
      return `${twin.name} leaves other contents:\n${wanted.contents}\n${seen.contents}`;
  }
  return undefined;
}

function observe(contest: Contest, { program }: Contender, packets: readonly Uint8Array[]) {
  contest.reset();
  const runs = packets.map((packet) => {
    const { retval, data } = program.testRun({ data: packet });
    return `${retval} ${Buffer.from(data).toString('hex')}`;
  });
  return { runs, contents: contest.contents() };
}
