import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { environmentHere, keepEnvironment, missingHere } from "../../dev/kept-environment.ts";

const home = mkdtempSync(path.join(tmpdir(), "turnpike-kept-"));
afterAll(() => rmSync(home, { recursive: true }));

describe("the environment of a start's API", () => {
  it("is ours before there was a start", () => {
    expect(environmentHere(home, { PATH: "/bin" })).toEqual({ PATH: "/bin" });
  });

  it("has names that another shell may not know, and no values of theirs", async () => {
    process.env.TWILIO_AUTH_TOKEN = "token-of-the-operator";
    try {
      await keepEnvironment(home, { ...process.env, DATABASE_URL: "postgres://here" });
    } finally {
      delete process.env.TWILIO_AUTH_TOKEN;
    }
    expect(missingHere(home, {})).toEqual(["TWILIO_AUTH_TOKEN"]);
    expect(missingHere(home, { TWILIO_AUTH_TOKEN: "token-of-the-operator" })).toEqual([]);
    expect(readFileSync(path.join(home, "api-environment.json"), "utf8")).not.toContain("token-of-the-operator");
  });

  it("is kept for other programs, for this user alone, and gives way to one that names a database", async () => {
    await keepEnvironment(home, { ...process.env, DATABASE_URL: "postgres://here", SECRETS_KEY: "s" });
    expect(environmentHere(home, { PATH: "/bin" })).toEqual({
      PATH: "/bin",
      DATABASE_URL: "postgres://here",
      SECRETS_KEY: "s",
    });
    expect(environmentHere(home, { DATABASE_URL: "postgres://mine" })).toEqual({ DATABASE_URL: "postgres://mine" });
    expect(statSync(path.join(home, "api-environment.json")).mode & 0o777).toBe(0o600);
  });
});
