import { stat } from 'node:fs';

// libuv makes its thread pool at the first asynchronous file or DNS operation; the threads inherit the network namespace
// of the thread that triggers it and keep it for ever. One operation at load makes them where the process started.
stat('/', () => {});
