export { type Daemon, startDaemon } from './daemon.ts';
export { type DaemonLog, openLog } from './log/log.ts';
export { type GivenSettings, type Settings, settings } from './settings.ts';
