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
      return `${twin.name} leaves other contents: ${firstDifference(wanted.contents, seen.contents)}`;
  }
  return undefined;
}

/** Of a map with many entries, where they begin to differ. */
function firstDifference(wanted: string, seen: string): string {
  const others = seen.split('\n');
  const line = wanted.split('\n').findIndex((one, index) => one !== others[index]);
  const [a = '', b = ''] = [wanted.split('\n')[line], others[line]];
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  const near = (text: string) => text.slice(Math.max(0, at - 80), at + 80);
  return `${a.split(' ')[0]}: … ${near(a)} … became … ${near(b)} …`;
}

function observe(contest: Contest, { program }: Contender, packets: readonly Uint8Array[]) {
  contest.reset();
  const runs = packets.map((packet) => {
    const { retval, data } = program.testRun({ data: packet });
    return `${retval} ${Buffer.from(data).toString('hex')}`;
  });
  return { runs, contents: contest.contents() };
}
