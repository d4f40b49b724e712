// A version that `dev` runs: `run`, which tells when packets meet it.
import { reportFailure } from '../output/failure.ts';
import { type RunOptions, run } from '../run/run.ts';

const [path = '', text = '{}'] = process.argv.slice(2);
const options: RunOptions = JSON.parse(text);
// Who waits for this one is gone: nobody else would end it.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
try {
  process.exitCode = await run(path, { ...options, onStart: () => process.send?.('started') });
} catch (error) {
  process.exitCode = reportFailure(error, { json: false });
}
process.exit();
