import { expect, test } from 'vitest';
import { twinpath } from './fixtures/twinpath.ts';
import { createProgram } from './program.ts';

test('help goes to standard output, begins with examples and ends with the exit status', async () => {
  const { status, stdout, stderr } = await twinpath(['--help']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^Examples:\n {2}twinpath check /);
  expect(stdout).toMatch(/Exit status:\n {2}0 {2}done\n {2}1 {2}failed.*\n {2}2 {2}the command line is wrong\n/);
});

test.each(createProgram().commands.map((command) => command.name()))('%s has examples, and --json', async (name) => {
  const { status, stdout } = await twinpath([name, '--help']);
  expect(status).toBe(0);
  expect(stdout.startsWith(`Examples:\n  twinpath ${name} `)).toBe(true);
  expect(stdout).toContain('--json');
});

test.each([
  [['explian', 'TP2003'], "error: unknown command 'explian'\n(Did you mean explain?)"],
  [['run', 'x', '--interfce', 'y'], "error: unknown option '--interfce'\n(Did you mean --interface?)"],
  [['run'], "error: missing required argument 'target'"],
  [['run', 'firewall'], 'error: no interface is named\nhint: add --interface <name>'],
  [['run', 'firewall', '--seconds', '0'], 'Give a number of seconds above 0.'],
  [['down'], 'error: what is to be taken down?\nhint: give the name of a chain, or --all'],
  [['down', 'edge', '--all'], 'error: what is to be taken down?'],
  [['explain', 'TP203'], 'error: there is no message TP203\nhint: did you mean TP2003?'],
  [['explain', 'TP2012'], 'error: there is no message TP2012\nhint: did you mean TP2009 or TP2020?'],
])('%j is a wrong command line: exit status 2, and what would be right', async (operands, said) => {
  const { status, stdout, stderr } = await twinpath(operands);
  expect(stderr).toContain(said);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

test('a message is explained, as text and as one line of JSON', async () => {
  expect(await twinpath(['explain', 'tp2002'])).toMatchInlineSnapshot(`
    {
      "status": 0,
      "stderr": "",
      "stdout": "TP2002 (error): '/' does not give an integer: '…'

      why:     A quotient is a fraction in JavaScript. Which of the two integers beside it is meant, only the author knows.
      instead: write Math.floor(…) or Math.trunc(…)
      example:

        import { drop, next, vnf } from '@twinpath/vnf';

        export default vnf({
          name: 'example',
          fastPath(packet) {
            return packet.length / 2 > 750 ? drop : next;
          },
        });
    ",
    }
  `);
  const { stdout } = await twinpath(['explain', 'TP2002', '--json']);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toEqual({
    code: 'TP2002',
    severity: 'error',
    message: expect.any(String),
    hint: expect.any(String),
    reason: expect.any(String),
    example: { module: expect.stringContaining('export default vnf(') },
  });
});

test('a message that no source gives says why', async () => {
  const { status, stdout } = await twinpath(['explain', 'TP9001']);
  expect(status).toBe(0);
  expect(stdout).toContain('example: none, for a source that gives it is a bug of the compiler');
});

test('an error is one line of JSON, too', async () => {
  const { status, stdout } = await twinpath(['run', 'firewal', '--interface', 'x', '--json']);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'TP_COMMAND', message: "there is no function 'firewal'" },
  });
});
