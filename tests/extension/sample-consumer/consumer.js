/** Uses the model of Cloze: a command of its own that classifies, and a plugin of code for everybody. */
const vscode = require("vscode");

exports.activate = async ({ subscriptions }) => {
  const api = (await vscode.extensions.getExtension("cloze.cloze").activate()).getApi(1);
  subscriptions.push(
    api.registerPlugin({
      name: "heaviest",
      title: "The Heaviest Word",
      features: "hidden",
      run({ text, features, width, encoding: { ids, offsets } }) {
        const norms = Array.from(ids, (_, i) => Math.hypot(...features.subarray(i * width, (i + 1) * width)));
        const most = norms.indexOf(Math.max(...norms.slice(1, -1))); // [CLS] and [SEP] stand round the words
        return { word: text.slice(offsets[2 * most], offsets[2 * most + 1]), width };
      },
    }),
    vscode.commands.registerCommand("consumer.mood", async () => {
      const { label, score } = await api.classify(vscode.window.activeTextEditor.document.getText());
      void vscode.window.showInformationMessage(`Mood: ${label} ${score.toFixed(3)}`);
    }),
  );
  return { api };
};
