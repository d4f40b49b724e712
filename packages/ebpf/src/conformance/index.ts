// For those who run eBPF elsewhere: what every instruction must compute.
export { type ConformanceVector, readConformanceVector } from '../asm/conformance-vector.ts';
export { VECTORS, type Vector } from '../asm/vectors.ts';
