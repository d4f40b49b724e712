import { expect, test } from 'vitest';
import { recorded } from '../results.ts';
import { page } from './page.ts';

test('all that was recorded is on one page, which needs no network', () => {
  const results = recorded();
  const html = page(results);
  for (const { scenario, contenders } of results) {
    expect(html).toContain(`<h2 id="${scenario}">`);
    expect(html).toContain(contenders[0]?.name ?? scenario);
  }
  expect(html.match(/<svg/g)?.length).toBeGreaterThan(results.length);
  expect(html).not.toMatch(/https?:|<script|<link|@import/);
  expect(html).not.toContain('NaN');
});

test('names stand on the page as they are, whatever they contain', () => {
  const [first] = recorded();
  if (first === undefined) throw new Error('something was recorded');
  expect(page([{ ...first, command: '<b> & "c"' }])).toContain('&lt;b&gt; &amp; &quot;c&quot;');
});
