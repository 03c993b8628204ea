import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TaggedDocument } from "./tagged-document.ts";

/** A document whose capitalized words are its entities; each question is kept, and answered when the test says so. */
function given(text: string, sight = 0) {
  const document = { text, getText: () => document.text };
  const questions: { texts: readonly string[]; answer: () => void; fail: (why: Error) => void }[] = [];
  const failures: unknown[] = [];
  let onTheWay = 0;
  const tagged = new TaggedDocument({
    document,
    inSight: () => sight,
    changed: () => {},
    failed: (error) => failures.push(error),
    tag(texts, { signal }) {
      expect(++onTheWay).toBe(1); // never more than one
      return new Promise((resolve, reject) => {
        let isOpen = true;
        const end = () => {
          if (isOpen) onTheWay--;
          isOpen = false;
        };
        const fail = (why: Error) => {
          end();
          reject(why);
        };
        const answer = () => {
          end();
          resolve(texts.map((one) => ({ entities: capitals(one) })));
        };
        questions.push({ texts, answer, fail });
        signal?.addEventListener?.("abort", () => fail(new Error("cancelled")));
      });
    },
  });
  const edit = (rangeOffset: number, rangeLength: number, inserted: string) => {
    const { text: before } = document;
    document.text = before.slice(0, rangeOffset) + inserted + before.slice(rangeOffset + rangeLength);
    tagged.edit([{ rangeOffset, rangeLength, text: inserted }]);
  };
  const found = () => {
    for (const { start, end, text: said } of tagged.entities)
      expect(document.text.slice(start, end)).toBe(said);
    return tagged.entities.map((entity) => entity.text);
  };
  return { document, tagged, questions, failures, edit, found };
}

function capitals(text: string) {
  return Array.from(text.matchAll(/\p{Lu}\p{L}*/gu), ({ 0: word, index }) => ({
    label: "PER",
    start: index,
    end: index + word.length,
    text: word,
    score: 1,
  }));
}

/** Answers all that is asked until nothing is. */
async function answerAll(questions: readonly { answer: () => void }[], from = 0): Promise<void> {
  for (let i = from; ; i++) {
    await vi.advanceTimersByTimeAsync(0);
    if (i >= questions.length) return;
    questions[i].answer();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const letter = "Dear Ada,\n\nthe engine of Charles runs.\n\nYours, Mary";

test("a document is read, and what was found stands where it is", async () => {
  const { tagged, questions, found } = given(letter);
  const read = tagged.read();
  await answerAll(questions);
  await read;
  expect(found()).toEqual(["Dear", "Ada", "Charles", "Yours", "Mary"]);
  expect(tagged.isRead).toBe(true);
});

test("what is in sight is read first, then the rest from the beginning", async () => {
  const names = ["Ada", "Bob", "Cleo", "Dora", "Emil"];
  const text = names.map((name) => `${name} ${"reads on and on ".repeat(100)}\n\n`).join("");
  const { tagged, questions } = given(text, text.indexOf("Cleo") + 500);
  const told: number[] = [];
  const read = tagged.read({ onProgress: ({ done, total }) => told.push(done / total) });
  await answerAll(questions);
  await read;
  const asked = questions.map(({ texts }) => texts.map((one) => one.slice(0, 4).trim()));
  expect(asked).toEqual([["Cleo"], ["Dora"], ["Emil"], ["Ada", "Bob"]]);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
});

test("an edit has only its paragraph read again, once the writer rests; the rest moves along", async () => {
  const { tagged, questions, edit, found } = given(letter);
  void tagged.read();
  await answerAll(questions);
  edit(0, 4, "My dear old");
  expect(found()).toEqual(["Ada", "Charles", "Yours", "Mary"]);
  await vi.advanceTimersByTimeAsync(300);
  edit(0, 2, "Our");
  await vi.advanceTimersByTimeAsync(300);
  expect(questions).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(questions[1].texts).toEqual(["Our dear old Ada,"]);
  await answerAll(questions, 1);
  expect(found()).toEqual(["Our", "Ada", "Charles", "Yours", "Mary"]);
  expect(questions).toHaveLength(2);
});

test("of what is edited while it is asked about, the answer counts no more; of the rest it does", async () => {
  const { tagged, questions, edit, found } = given(letter);
  const read = tagged.read();
  edit(letter.indexOf("Charles"), 7, "Babbage");
  edit(0, 0, "😀 ");
  questions[0].answer();
  await vi.advanceTimersByTimeAsync(0);
  await read;
  expect(found()).toEqual(["Yours", "Mary"]);
  await vi.advanceTimersByTimeAsync(500);
  await answerAll(questions, 1);
  expect(found()).toEqual(["Dear", "Ada", "Babbage", "Yours", "Mary"]);
});

test("a paragraph that is cut in two, or two that are joined, are read as they are now", async () => {
  const { tagged, questions, edit, found } = given("Ada and Bob.");
  void tagged.read();
  await answerAll(questions);
  edit(3, 1, "\n\n");
  await vi.advanceTimersByTimeAsync(500);
  expect(questions[1].texts).toEqual(["Ada\n\n", "and Bob."]);
  await answerAll(questions, 1);
  edit(3, 2, " ");
  await vi.advanceTimersByTimeAsync(500);
  expect(questions[2].texts).toEqual(["Ada and Bob."]);
  await answerAll(questions, 2);
  expect(found()).toEqual(["Ada", "Bob"]);
});

test("all may be deleted", async () => {
  const { tagged, questions, edit, found } = given(letter);
  void tagged.read();
  await answerAll(questions);
  edit(0, letter.length, "");
  await vi.advanceTimersByTimeAsync(500);
  expect(found()).toEqual([]);
  expect(tagged.isRead).toBe(true);
  edit(0, 0, "Ada");
  await vi.advanceTimersByTimeAsync(500);
  await answerAll(questions, 1);
  expect(found()).toEqual(["Ada"]);
});

test("other line ends have everything read again", async () => {
  const { tagged, questions, edit, found } = given(letter);
  void tagged.read();
  await answerAll(questions);
  edit(0, letter.length, letter.replaceAll("\n", "\r\n")); // as VS Code reports them
  await vi.advanceTimersByTimeAsync(500);
  await answerAll(questions, 1);
  expect(found()).toEqual(["Dear", "Ada", "Charles", "Yours", "Mary"]);
});

test("what failed is read the next time, and said if it was an edit's", async () => {
  const { tagged, questions, failures, edit, found } = given("Ada.");
  const read = tagged.read();
  questions[0].fail(new Error("lost"));
  await expect(read).rejects.toThrow("lost");
  expect(tagged.isRead).toBe(false);
  edit(4, 0, " Bob.");
  await vi.advanceTimersByTimeAsync(500);
  questions[1].fail(new Error("lost again"));
  await vi.advanceTimersByTimeAsync(0);
  expect(failures).toEqual([new Error("lost again")]);
  const again = tagged.read();
  await answerAll(questions, 2);
  await again;
  expect(found()).toEqual(["Ada", "Bob"]);
});

test("a cancelled read keeps what was found, and says that it is a part, until all of the text is another", async () => {
  const { document, tagged, questions, edit, found } = given(`Ada.\n\n${"Bob reads. ".repeat(400)}`);
  const abort = new AbortController();
  const read = tagged.read({ signal: abort.signal });
  questions[0].answer();
  await vi.advanceTimersByTimeAsync(0);
  abort.abort();
  await expect(read).rejects.toThrow("cancelled");
  expect(found()[0]).toBe("Ada");
  edit(0, 0, "Cleo.\n\n");
  expect(tagged.isPartial).toBe(true);
  edit(0, document.text.length, "Dora.");
  await vi.advanceTimersByTimeAsync(500);
  await answerAll(questions, 2);
  expect(found()).toEqual(["Dora"]);
  expect(tagged.isPartial).toBe(false);
});

test("after its end nothing is asked", async () => {
  const { tagged, questions, edit } = given("Ada.");
  const read = tagged.read();
  tagged.end();
  await expect(read).rejects.toThrow("cancelled");
  edit(0, 0, "Bob. ");
  tagged.end();
  await vi.advanceTimersByTimeAsync(500);
  expect(questions).toHaveLength(1);
});
