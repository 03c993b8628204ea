/**
 * The end of the bridge that lies in VS Code: asks the test's server for work, runs it with the real `vscode` API and
 * sends back what came of it. It is an extension, so it runs in whichever host it is put in: Node's or a web worker.
 */
const vscode = require("vscode");

const AsyncFunction = (async () => {}).constructor;
const kind = typeof process === "object" && process.versions?.node ? "node" : "worker";
const id = Math.random().toString(36).slice(2);

exports.activate = ({ extension }) => {
  const { url } = extension.packageJSON.bridge;
  void (async () => {
    for (;;) {
      const job = await fetch(`${url}/next?id=${id}&kind=${kind}`)
        .then((response) => (response.status === 200 ? response.json() : undefined))
        .catch(() => undefined);
      if (job) void run(job).then((outcome) => answer(url, { job: job.job, ...outcome }));
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
};

async function run({ code, arg }) {
  try {
    return { value: await new AsyncFunction("vscode", "arg", `return (${code})(vscode, arg)`)(vscode, arg) };
  } catch (error) {
    return { error: { message: String(error?.message ?? error), code: error?.code, stack: error?.stack } };
  }
}

function answer(url, outcome) {
  return fetch(`${url}/done`, { method: "POST", body: JSON.stringify(outcome) }).catch(() => undefined);
}
