import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { environmentHere, keepEnvironment } from "../../dev/kept-environment.ts";

const home = mkdtempSync(path.join(tmpdir(), "turnpike-kept-"));
afterAll(() => rmSync(home, { recursive: true }));

describe("the environment of a start's API", () => {
  it("is ours before there was a start", () => {
    expect(environmentHere(home, { PATH: "/bin" })).toEqual({ PATH: "/bin" });
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
