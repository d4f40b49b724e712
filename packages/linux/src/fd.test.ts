import { openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Fd, openFds, traceFds } from './fd.ts';

test('open descriptors are listed with the place that made them, until they are closed', () => {
  traceFds();
  const fd = Fd.adopt(openSync('/dev/null', 'r'));
  const copy = fd.duplicate();
  expect(openFds().map((entry) => entry.fd)).toEqual([fd, copy]);
  expect(openFds()[0]?.site).toContain('fd.test.ts');
  expect(copy.number).not.toBe(fd.number);
  fd.close();
  copy[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

test('a closed descriptor cannot be used, and closing twice does not close somebody else’s file', () => {
  const fd = Fd.adopt(openSync('/dev/null', 'r'));
  const { number } = fd;
  fd.close();
  expect(() => fd.number).toThrow(/used after it was closed/);
  using other = Fd.adopt(openSync('/dev/null', 'r'));
  expect(other.number).toBe(number);
  fd.close();
  using copy = other.duplicate();
  expect(copy.closed).toBe(false);
});

test('what is not a descriptor is refused', () => {
  expect(() => Fd.adopt(-1)).toThrow(RangeError);
});
