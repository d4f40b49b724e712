import { checkWiring, type FunctionFace } from '@twinpath/vnf/chain';
import type { HostQuestion } from '../chains/ask-host.ts';
import type { WantedChain } from '../chains/wanted-chain.ts';
import type { Catalogue } from '../functions/catalogue.ts';
import { isWanted, type Plan, selects } from './plan.ts';
import { RefusedError, within } from './refusal.ts';

export interface PlanToCheck {
  readonly before: Plan;
  readonly after: Plan;
  /** Of chains that are not the same. */
  readonly names: readonly string[];
  readonly catalogue: Catalogue;
  readonly mayBringCode: boolean;
  /** Of this node. */
  readonly labels: Readonly<Record<string, string>>;
  /** It is not going to be brought to the machine: all that can be said without. */
  readonly dryRun?: boolean | undefined;
}

/** What a dry run has to ask the host about. @throws RefusedError with faults from the root of the document */
export async function checkPlan(given: PlanToCheck): Promise<readonly HostQuestion[]> {
  const questions: HostQuestion[] = [];
  const { before, after, names, catalogue, mayBringCode, labels, dryRun = false } = given;
  for (const name of names) {
    const one = after.chains.get(name);
    if (one === undefined) continue;
    if (!isWanted(one)) throw new RefusedError(one);
    if (!mayBringCode) requireKnownFiles(one, before, after);
    const isHere = selects(one, labels);
    const faces = await checkFunctions(one, {
      plan: after,
      catalogue,
      how: isHere && !dryRun ? 'begins' : isHere ? 'would begin' : 'elsewhere',
    });
    if (isHere && dryRun) questions.push({ wanted: one, faces });
  }
  return questions;
}

/** Files of the machine run with the daemon's power. */
function requireKnownFiles(wanted: WantedChain, before: Plan, after: Plan): void {
  const present = before.chains.get(wanted.name);
  const known = new Set([
    ...[...after.functions.values()].map(({ file }) => file),
    ...(isWanted(present) ? filesOf(present) : []),
  ]);
  const foreign = filesOf(wanted).find((file) => !known.has(file));
  if (foreign === undefined) return;
  const detail = `chain ${wanted.name} uses the file ${foreign}, which runs with the daemon's power: only an administrator may bring it`;
  throw new RefusedError({
    status: 403,
    code: 'TP_SCOPE',
    detail,
    hint: 'use a function of the library, or one that was uploaded',
  });
}

const filesOf = ({ spec }: WantedChain): readonly string[] =>
  spec.functions.flatMap((one) => ('use' in one ? [one.use] : []));

interface Looking {
  readonly plan: Plan;
  readonly catalogue: Catalogue;
  /** What begins checks the rest itself; what is for other machines, those compile for themselves. */
  readonly how: 'begins' | 'would begin' | 'elsewhere';
}

async function checkFunctions(
  wanted: WantedChain,
  { plan, catalogue, how }: Looking,
): Promise<ReadonlyMap<string, FunctionFace>> {
  const functions = [...plan.functions.values()];
  const ofLibrary = new Set(functions.filter(({ origin }) => origin === 'library').map(({ file }) => file));
  const refuse = (error: unknown, of?: string) =>
    new RefusedError(within(['chains', wanted.name], wanted.refusal(error, of)), error);
  const faces = new Map<string, FunctionFace>();
  for (const one of wanted.spec.functions) {
    if ('share' in one) continue;
    // What a stranger's module does when it is imported, it does elsewhere first.
    if (how === 'begins' && ofLibrary.has(one.use)) continue;
    const { name, use, config } = one;
    const compile = how === 'would begin';
    const looking = how === 'begins' ? catalogue.describe(use) : catalogue.check(use, { name, config, compile });
    const { face } = await looking.catch((error: unknown) => {
      throw refuse(error, name);
    });
    faces.set(name, face);
  }
  if (how === 'begins' || faces.size < wanted.spec.functions.length) return faces;
  try {
    checkWiring(wanted.spec, faces);
    return faces;
  } catch (error) {
    throw refuse(error);
  }
}
