/** JSON lines on stderr, one a request and one an event; never the numbers or texts of a request. */
import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

/** How much is told: each says what it names and what comes after it here. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export type Log = Logger;

/** @param to Where lines go: stderr by default, written at once, so that none is lost when the process ends. */
export function createLog(level: LogLevel, to?: DestinationStream): Log {
  const options = {
    level,
    base: null, // no pid and no host: who runs a fleet adds them
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, to ?? pino.destination({ dest: 2, sync: true }));
}
