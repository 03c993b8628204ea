/**
 * Taking turns on the graphics card: with other sessions, and with other windows of the same origin. A card that computes
 * for two at once is slower for both, and some drivers take the second for a hang.
 */

/** The lock's name, which all windows know. */
const LOCK = "cloze-webgpu";

/**
 * Works when nobody else does. Who gives up while he waits has not begun; the lock of a window or worker that ends is
 * free again.
 *
 * @throws What `work` throws, and the signal's reason.
 */
export async function inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  let begun = false;
  try {
    return await locks.request(LOCK, { ...(signal && { signal }) }, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun || signal?.aborted) throw error;
    return work(); // pages of an opaque origin have locks that refuse everyone
  }
}
