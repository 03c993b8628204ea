import { expect, test, vi } from "vitest";
import { askColumns } from "./columns.ts";

const { showQuickPick } = vi.hoisted(() => ({ showQuickPick: vi.fn() }));

vi.mock("vscode", () => ({
  FileSystemError: class extends Error {},
  l10n: { t: (text: string) => text },
  window: { showQuickPick },
}));

/** Takes the row of a place in each list, and says which lists there were. */
function choose(...places: readonly number[]) {
  const lists: string[][] = [];
  showQuickPick.mockImplementation(async (rows: readonly { readonly label: string }[]) => {
    lists.push(rows.map(({ label }) => label));
    return rows[places[lists.length - 1]];
  });
  return lists;
}

const columns = ["", "kind"].map((name) => ({ name, sample: "" }));

test("a column without a name can be chosen, and is not the row for files without a header", async () => {
  const lists = choose(0, 0);
  expect(await askColumns({ columns, table: true }, "a.csv")).toEqual(["", "kind"]);
  expect(lists).toEqual([["–", "kind", "$(list-ordered) The first line is no header"], ["kind"]]);
});

test("columns of a file without a header are chosen by their places", async () => {
  const lists = choose(2, 1, 0);
  expect(await askColumns({ columns, table: true }, "a.csv")).toEqual(["2", "1"]);
  expect(lists[2]).toHaveLength(1);
});
