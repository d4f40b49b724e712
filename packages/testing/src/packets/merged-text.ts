// A packet's text with some of it said otherwise: what is not said stays as it is.

/** Words that begin a clause of a layer; what follows up to the next one belongs to it. */
const CLAUSES = new Set(
  `src dst type hops class protocol length version id df fragment more options ihl checksum flow sequence acknowledgement window
   urgent data-offset tag code priority mtu next gateway target mac`.split(/\s+/),
);
/** A layer that says any of these says all of them. */
const FLAGS = new Set(['syn', 'ack', 'fin', 'rst', 'psh', 'urg', 'ece', 'cwr', 'ns']);

/** `undefined`: the packet has not the layers that are said. */
export function mergedText(said: string, packet: string): string | undefined {
  const [wanted, present] = [layersOf(said), layersOf(packet)];
  const skipped = nameOf(present[0]) === 'eth' && nameOf(wanted[0]) !== 'eth' ? 1 : 0;
  const merged = [...present];
  for (const [index, layer] of wanted.entries()) {
    const at = index + skipped;
    const of = present[at];
    if (of === undefined || nameOf(of) !== nameOf(layer)) return undefined;
    merged[at] = mergedLayer(layer, of);
  }
  const rest = present.slice(wanted.length + skipped);
  return rest.every((layer) => isPayload(nameOf(layer))) ? merged.join(' / ') : undefined;
}

function layersOf(text: string): readonly string[] {
  const layers: string[] = [];
  let depth = 0;
  let current: string[] = [];
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g)) {
    depth += piece === '(' ? 1 : piece === ')' ? -1 : 0;
    if (piece === '/' && depth === 0) {
      layers.push(current.join(' '));
      current = [];
    } else current.push(piece);
  }
  return [...layers, current.join(' ')];
}

const nameOf = (layer = ''): string => (layer.startsWith('"') ? 'string' : (layer.split(' ')[0] ?? ''));
const isPayload = (name: string): boolean => ['string', 'hex', 'zeros', 'trailer', 'unpadded'].includes(name);

function mergedLayer(said: string, present: string): string {
  if (isPayload(nameOf(said)) || said.includes('(')) return said;
  const wanted = clausesOf(said);
  const saysFlags = [...wanted.keys()].some((clause) => FLAGS.has(clause));
  const kept = [...clausesOf(present)].filter(([clause]) => !(saysFlags && FLAGS.has(clause)));
  return [...new Map([...kept, ...wanted]).values()].join(' ');
}

/** By their first word; what stands before the first clause (`ip 10.0.0.1 > 10.0.0.2`) by the layer's name. */
function clausesOf(layer: string): ReadonlyMap<string, string> {
  const clauses: [string, string][] = [];
  for (const word of layer.split(' ')) {
    const last = clauses.at(-1);
    if (last === undefined || CLAUSES.has(word) || FLAGS.has(word)) clauses.push([word, word]);
    else last[1] += ` ${word}`;
  }
  return new Map(clauses);
}
