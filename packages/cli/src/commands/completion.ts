/** `cloze completion`: a script that completes commands and options in a shell. */
import type { Command, CommandUnknownOpts } from "@commander-js/extra-typings";
import { Argument } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";

export function addCompletion(program: Command, io: Io): void {
  program
    .command("completion")
    .description("print completions for a shell")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"] as const))
    .addHelpText(
      "after",
      `
Examples:
  $ eval "$(cloze completion bash)"     # in ~/.bashrc; zsh in ~/.zshrc
  $ cloze completion fish > ~/.config/fish/completions/cloze.fish`,
    )
    .action(async (shell) => {
      const words = new Map(program.commands.map((command) => [command.name(), flags(command)]));
      await io.stdout.write(shell === "fish" ? fish(words) : bash(words, shell === "zsh"));
    });
}

/** What may follow a command's name. */
function flags(command: Pick<CommandUnknownOpts, "options" | "commands">): string[] {
  return [
    ...command.commands.flatMap((child) => [child.name(), ...flags(child)]),
    ...command.options.flatMap(({ long }) => (long == null ? [] : [long])),
    "--help",
  ];
}

type Words = ReadonlyMap<string, readonly string[]>;

function bash(words: Words, zsh: boolean): string {
  const cases = [...words].map(([name, list]) => `    ${name}) words="${list.join(" ")}" ;;\n`).join("");
  return `${zsh ? "autoload -U bashcompinit && bashcompinit\n" : ""}_cloze() {
  local words="${[...words.keys(), "--help", "--version"].join(" ")}"
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}" in
${cases}  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _cloze cloze
`;
}

function fish(words: Words): string {
  const names = [...words.keys()].join(" ");
  const lines = [`complete -c cloze -n __fish_use_subcommand -f -a "${names}"`];
  for (const [name, list] of words) {
    lines.push(`complete -c cloze -n "__fish_seen_subcommand_from ${name}" -a "${list.join(" ")}"`);
  }
  return `${lines.join("\n")}\n`;
}
