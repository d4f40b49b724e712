// A thread that runs a program of an engine on frames of its own, as often as it is told.

import { parentPort, workerData } from 'node:worker_threads';
import { Engine } from '../engine.ts';
import { contextLayout } from '../memory/frame-context.ts';

const { image, cpu, context, rounds } = workerData;
const engine = Engine.join(image, { cpu });
const [program] = engine.programs();
if (program === undefined) throw new Error('the image has a program');
for (let round = 0; round < rounds; round++) program.run(context, 1);
parentPort?.postMessage(engine.memory.getU32(context + contextLayout.xdp.verdict));
