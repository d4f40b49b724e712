import { Option } from 'commander';

/** Where and how what runs sits on the host. */
export const placeOptions = (): readonly Option[] => [
  new Option('--interface <name>', 'the interface to sit on'),
  new Option(
    '--namespace <name>',
    'network namespace of the interface: a name of `ip netns`, pid:<process in it>, or a path',
  ),
  new Option('--config <file.yaml>', 'configuration of the function'),
  new Option('--mode <mode>', 'where XDP runs: in the driver, in the stack, or in the best that there is')
    .choices(['native', 'generic', 'auto'])
    .default(undefined, 'native'),
  new Option('--name <name>', 'what `twinpath down` calls it; default: the name of the function'),
];
