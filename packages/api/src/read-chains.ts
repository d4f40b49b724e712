// A file with several chains, which may share functions:
//
//   chains:
//     edge: { interface: eth1, chain: firewall → dpi }
//     inner: { interface: eth2, chain: firewall → policer, functions: [{ share: edge/firewall }] }
import { ChainSpecError, startOrder } from '@twinpath/vnf/chain';
import { type ChainFileContext, ChainFileError, type FileChain, readChainFile } from './read-chain-file.ts';
import type { Document } from './schemas/document.ts';

/** In the order in which they are to start. @throws ChainFileError, with paths in the document */
export function readChains({ chains }: Document, { find }: Pick<ChainFileContext, 'find'>): readonly FileChain[] {
  const read = new Map(
    Object.entries(chains).map(([name, file]) => {
      const at = (path: ChainFileError['path']) => ['chains', name, ...path];
      if (file.name !== undefined && file.name !== name) {
        throw new ChainFileError(at(['name']), `chain ${name} says that its name is ${file.name}`, 'leave `name` out');
      }
      try {
        const read = readChainFile(file, { name, find });
        return [name, { ...read, locate: (path) => at(read.locate(path)) } satisfies FileChain] as const;
      } catch (error) {
        if (!(error instanceof ChainFileError)) throw error;
        throw new ChainFileError(at(error.path), error.message, error.hint);
      }
    }),
  );
  try {
    return startOrder([...read.values()].map(({ spec }) => spec)).flatMap(({ name }) => read.get(name) ?? []);
  } catch (error) {
    const chain = error instanceof ChainSpecError ? read.get(error.chain) : undefined;
    if (!(error instanceof ChainSpecError) || chain === undefined) throw error;
    throw new ChainFileError(chain.locate(error.path), error.message, error.hint);
  }
}
