/** The longest that timers wait, 25 days: of more milliseconds they go off at once. */
export const LONGEST_MS = 2 ** 31 - 1;
