import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test.each(["https://me:hidden@hub.example", "ftp://me:hidden@hub.example", "https://hidden@hub .example"])(
  "an endpoint with a password is refused, and the password not said",
  async (endpoint) => {
    const refused = await readSettings({ endpoint, token: "" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "invalid-option", field: "endpoint" });
    expect(String(refused)).not.toContain("hidden");
  },
);
