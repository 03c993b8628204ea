/**
 * Names of plugins from names of files, and titles from names.
 */

/** What a plugin's name is made of, as @cloze/core has it. */
export const PLUGIN_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** What a plugin of a model may be called: not what the model's own head is. */
export function isPluginName(name: string): boolean {
  return PLUGIN_NAME.test(name) && name !== OWN;
}

/** What a head is called that came inside of a model. */
const OWN = "head";

/**
 * A name for the plugin that a file is made into.
 *
 * @example
 * suggestName("Customer Feedback (2024).csv"); // "customer-feedback-2024"
 */
export function suggestName(file: string): string {
  const plain = file
    .replace(/\.[^.]*$/, "")
    .normalize("NFKD")
    .toLowerCase();
  const name = plain
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 64)
    .replace(/-$/, "");
  return isPluginName(name) ? name : "classifier";
}

/**
 * @example
 * titleOf("customer-feedback"); // "Customer feedback"
 */
export function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
