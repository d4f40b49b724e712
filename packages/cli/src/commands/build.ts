import { Command } from 'commander';
import type { BuildOptions } from '../build/build.ts';
import { withExamples } from '../output/examples.ts';

export function buildCommand(): Command {
  const command = new Command('build')
    .description(
      "Writes a function's programs and maps as an object file that libbpf and bpftool load, or its artefact.",
    )
    .argument('<file>', 'a *.vnf.ts file, or the name of a function of the library')
    .requiredOption('-o, --output <file>', 'what to write: *.o is an object file, *.json the artefact')
    .option('--config <file.yaml>', "configuration that an object file's programs are made for; default: its defaults")
    .option('--json', 'one line of JSON: { file, bytes, programs, maps } or { file, bytes, hash }')
    .action(async (file: string, options: BuildOptions) => {
      const { build } = await import('../build/build.ts');
      await build(file, options);
    });
  withExamples(command, [
    ['twinpath build my-function.vnf.ts -o my-function.o', 'for bpftool prog loadall my-function.o /sys/fs/bpf/my'],
    ['twinpath build firewall --config rules.yaml -o firewall.o', 'with a configuration'],
    ['twinpath build my-function.vnf.ts -o my-function.vnf.json', 'for hosts without the typescript package'],
  ]);
  return command;
}
