/**
 * Statements about @cloze/core that hold wherever there is ECMAScript. They are bundled once; the same bundle is run in
 * each host (`hosts.ts`), so nothing here may know of a host, or of a test runner.
 */
import type { Checks } from "./assert.ts";
import { makeChecks } from "./make-checks.ts";
import { predictor } from "./predictor.ts";
import { tasks } from "./tasks.ts";
import { texts } from "./texts.ts";

export const checks: Checks = { ...texts, ...tasks, ...predictor };

export const run = () => makeChecks(checks);
