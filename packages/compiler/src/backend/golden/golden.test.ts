// Listings of small programs. To make them anew: npx vitest run --project pure packages/compiler/src/backend/golden -u

import { describe, expect, it } from 'vitest';
import { validate } from '../../ir/validate.ts';
import { compileProgram } from '../compile.ts';
import { cases } from './cases.ts';

describe('compileProgram', () => {
  for (const { title, program } of cases) {
    it(title, async () => {
      validate(program);
      const optimised = compileProgram(program);
      const plain = compileProgram(program, { optimise: false });
      const more = `${plain.statistics.instructions} instructions without optimisation`;
      await expect(`${optimised.listing()}${more}\n`).toMatchFileSnapshot(`${title.replaceAll(' ', '-')}.txt`);
    });
  }
});
