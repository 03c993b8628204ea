/** The pages: the demo, the API reference, and the document that the reference is made of. */
import type { Mounted } from "./operation.ts";
import { openApi } from "./operation.ts";
import type { EdgeLimits, EdgeOptions } from "./options.ts";
import { renderPage } from "./page.ts";
import { renderReference } from "./reference.ts";

const TITLE = "Cloze";
const html = { 200: { description: "The page.", content: { "text/html": { type: "string" } } } } as const;

/** @param operations All of the app, these among them. */
export function pageRoutes(
  { page, model }: EdgeOptions,
  { inputs }: Pick<EdgeLimits, "inputs">,
  operations: () => readonly Mounted[],
): readonly Mounted[] {
  let document: string | undefined;
  return [
    ...(page === undefined
      ? []
      : [
          {
            operation: {
              method: "get",
              path: "/",
              id: "page",
              summary: "A page to try it on",
              tag: "Pages",
              answers: html,
            },
            handle: () => renderPage(page, model, inputs),
          } as const,
        ]),
    {
      operation: {
        method: "get",
        path: "/docs",
        id: "reference",
        summary: "The API reference",
        tag: "Pages",
        answers: html,
      },
      handle: () => renderReference(`${TITLE}: the API`),
    },
    {
      operation: {
        method: "get",
        path: "/openapi.json",
        id: "openapi",
        summary: "This document",
        tag: "Pages",
        answers: {
          200: { description: "OpenAPI 3.1.", content: { "application/json": { type: "object" } } },
        },
      },
      handle(c) {
        document ??= JSON.stringify(
          openApi(
            operations().map(({ operation }) => operation),
            { title: TITLE, version: "1" },
          ),
        );
        return c.body(document, 200, { "content-type": "application/json" });
      },
    },
  ];
}
