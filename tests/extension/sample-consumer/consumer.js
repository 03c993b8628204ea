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
        const pieces = Array.from(ids, (_, i) => ({
          word: text.slice(offsets[2 * i], offsets[2 * i + 1]),
          norm: Math.hypot(...features.subarray(i * width, (i + 1) * width)),
        }));
        const words = pieces.filter(({ word }) => /\p{L}/u.test(word)).sort((a, b) => b.norm - a.norm);
        return { word: words[0]?.word ?? "", width };
      },
    }),
    vscode.commands.registerCommand("consumer.mood", async () => {
      const { label, score } = await api.classify(vscode.window.activeTextEditor.document.getText());
      void vscode.window.showInformationMessage(`Mood: ${label} ${score.toFixed(3)}`);
    }),
  );
  return { api };
};
