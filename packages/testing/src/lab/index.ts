export type { Answer, Fetched } from './agent-protocol.ts';
export type { Capture, CaptureOptions } from './capture.ts';
export { type ExecOptions, type Executed, ExecutionError } from './exec.ts';
export { type Host, type RequestOptions, urlHost } from './host.ts';
export type { HttpServer, HttpServerOptions } from './http-server.ts';
export { createLab, type Lab, type LinkOptions } from './lab.ts';
export type { LabProcess, SpawnOptions } from './process.ts';
