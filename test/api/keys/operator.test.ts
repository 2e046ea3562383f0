import { describe, expect, it } from "vitest";
import { admitOperator } from "../../../api/identity/operator.ts";

const TOKEN = "an-operator-token-of-32-chars-or-more";

const attempt = (authorization: string | undefined, operatorToken: string | undefined = TOKEN) => {
  try {
    admitOperator({ operatorToken }, authorization);
    return "admitted";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("the operator", () => {
  it("is who sends the token, in any case of Bearer", () => {
    expect([`Bearer ${TOKEN}`, `bearer ${TOKEN}`].map((sent) => attempt(sent))).toEqual(["admitted", "admitted"]);
  });

  it.each([
    undefined,
    "",
    TOKEN,
    `Basic ${TOKEN}`,
    "Bearer",
    "Bearer ",
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
  ])("is not who sends %s", (sent) => {
    expect(attempt(sent)).toBe("unauthorized");
  });

  it("is nobody where no token is set", () => {
    for (const sent of [undefined, "Bearer undefined", "Bearer ", `Bearer ${TOKEN}`]) {
      const admit = () => admitOperator({ operatorToken: undefined }, sent);
      expect(admit).toThrow(expect.objectContaining({ code: "unauthorized" }));
    }
  });
});
