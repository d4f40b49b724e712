// Lets authors' files import our packages from any place on the disk, as if they were installed beside the file.

import { registerHooks } from 'node:module';
import { AUTHORS_MODULE } from './authors-module.ts';

const OURS = /^(@twinpath\/(vnf|packet|testing)|zod)(\/|$)/;

let isRegistered = false;

/** From now on, and for modules that a slow path imports later too. */
export function resolveOurPackages(): void {
  if (isRegistered) return;
  isRegistered = true;
  const here = import.meta.url;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (!OURS.test(specifier)) return nextResolve(specifier, context);
      // zod is a dependency of the authors' module; the author gets the very copy whose types it checks for.
      const parentURL = specifier.startsWith('zod')
        ? nextResolve(AUTHORS_MODULE, { ...context, parentURL: here }).url
        : here;
      return nextResolve(specifier, { ...context, parentURL });
    },
  });
}
