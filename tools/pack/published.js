/** The package.json that goes out: entries lead to what was built. */
export function published({ scripts: _scripts, devDependencies: _devDependencies, ...manifest }) {
  const exports = Object.fromEntries(Object.entries(manifest.exports).map(([name, source]) => [name, entry(source)]));
  const bin = manifest.bin === undefined ? [] : ['bin'];
  return { ...manifest, exports, files: [...bin, 'dist', 'templates', 'systemd', 'grafana', ...NOT_PUBLISHED] };
}

function entry(source) {
  const built = source.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, '');
  return { types: `${built}.d.ts`, default: `${built}.js` };
}

/** Tests and what only they use; maps lead to sources that are not there. */
const NOT_PUBLISHED = [
  '!dist/**/*.test.*',
  '!dist/**/test',
  '!dist/**/fixtures',
  '!dist/**/fixtures.*',
  '!dist/**/*.types.*',
  '!dist/**/*.map',
  '!dist/.tsbuildinfo',
];
