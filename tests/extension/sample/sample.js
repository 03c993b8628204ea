/** Says in a message which GPU it finds, in the web worker's host itself or, from Node's, in a webview. */
const vscode = require("vscode");

const adapter = async () => {
  const { vendor, architecture } = (await navigator.gpu.requestAdapter()).info;
  return `${vendor} ${architecture}`;
};

function adapterInWebview() {
  const panel = vscode.window.createWebviewPanel("sample", "Sample", vscode.ViewColumn.Beside, {
    enableScripts: true,
  });
  const named = new Promise((resolve) => panel.webview.onDidReceiveMessage(resolve));
  const script = `(${String(adapter)})().then((name) => { document.body.textContent = name; acquireVsCodeApi().postMessage(name); });`;
  panel.webview.html = `<!doctype html><body></body><script>${script}</script>`;
  return named;
}

exports.activate = ({ subscriptions }) => {
  const status = vscode.window.createStatusBarItem("state", vscode.StatusBarAlignment.Right);
  status.text = "$(check) Sample";
  status.accessibilityInformation = { label: "Sample is ready" };
  status.show();
  const type = vscode.window.createTextEditorDecorationType({ after: { margin: "0 0 0 1em" } });
  subscriptions.push(
    status,
    type,
    vscode.commands.registerCommand("sample.adapter", async () => {
      const inNode = typeof process === "object" && process.versions?.node;
      const name = await (inNode ? adapterInWebview() : adapter());
      void vscode.window.showInformationMessage(`Sample: ${name} in ${inNode ? "node" : "worker"}`, "Good");
    }),
    vscode.commands.registerCommand("sample.mark", () => {
      const editor = vscode.window.activeTextEditor;
      const renderOptions = { after: { contentText: 'marked "so"' } };
      const marks = editor.selections.map((range) => ({ range, renderOptions }));
      editor.setDecorations(type, marks);
    }),
    vscode.commands.registerCommand("sample.pick", async () => {
      const rows = [
        { label: "first", description: "0.75" },
        { label: "second", detail: "of two" },
      ];
      const picked = await vscode.window.showQuickPick(rows);
      const named = await vscode.window.showInputBox({
        prompt: "A name",
        validateInput: (name) => (name ? "" : "Say one."),
      });
      await vscode.env.clipboard.writeText(`${picked?.label} ${named}`);
    }),
  );
  return { version: 1 };
};
