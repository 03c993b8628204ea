/** Talking to the other processes of a benchmark, one question at a time. */

/**
 * Waits until a process is ready; then each `ask` has one answer.
 *
 * @param send Gives the process a message.
 * @param receive Calls its listener with the process's next message.
 */
export async function talk(name, child, send, receive) {
  const answer = () =>
    new Promise((resolve, reject) => {
      const failed = (reason) => reject(new Error(`${name} ended: ${reason}`));
      child.once("exit", failed);
      child.once("error", failed);
      receive((message) => {
        child.off("exit", failed);
        child.off("error", failed);
        resolve(message);
      });
    });
  await answer();
  return {
    ask(message) {
      send(message);
      return answer();
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    },
  };
}
