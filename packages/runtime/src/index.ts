export { countersObject, counterValues } from './tables/counter-values.ts';
export { InMemoryMaps } from './tables/in-memory-maps.ts';
export type { InstanceMaps } from './tables/instance-maps.ts';
export type { LiveTableSet } from './tables/live-tables.ts';
export { runningTables } from './tables/running-tables.ts';
