// What a schema says of what it was given, without anything that runs chains.
export { ConfigError, type ConfigProblem } from './config-error.ts';
export { parseConfig, problemsOf } from './parse-config.ts';
