import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { domainSeparator, encodeAbiParameters, type Hex, pad, toFunctionSelector } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openChain } from "../../api/providers/chain.ts";
import { permitDomainOf } from "../../api/providers/token-permit.ts";
import { avalanche } from "../../contracts/chains.ts";

const TOKEN = "0xB8d7710f7d8349A506b75dD184F05777c82dAd0C";
const DOMAIN = { name: "Arena", version: "1", chainId: avalanche.id, verifyingContract: TOKEN } as const;
const QUESTIONS = ["DOMAIN_SEPARATOR()", "name()", "version()", "eip712Domain()", "nonces(address)"] as const;
type Question = (typeof QUESTIONS)[number];

const text = (value: string): Hex => encodeAbiParameters([{ type: "string" }], [value]);
const ANSWERS: Partial<Record<Question, Hex>> = {
  "DOMAIN_SEPARATOR()": domainSeparator({ domain: DOMAIN }),
  "name()": text("Arena"),
  "version()": text("1"),
  "nonces(address)": pad("0x00"),
};

const failed = (code: number, message: string) => (response: ServerResponse, id: number) =>
  void response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } }));

type Failing = (response: ServerResponse, id: number) => unknown;

/** How the node fails one question. */
const SILENCES = {
  "an HTTP error": (response: ServerResponse) => response.writeHead(503).end(),
  "a dropped connection": (response: ServerResponse) => response.destroy(),
  "its rate limit": failed(-32005, "limit exceeded"),
  "a block that it has not got": failed(-32001, "header not found"),
  "a fault of its own": failed(-32603, "Internal error"),
};

/** Faults of a token without the function, in nodes' words. */
const FAULTS = ["execution reverted", "invalid opcode: INVALID", "out of gas", "EVM error StackUnderflow"];

describe("a token's permit", () => {
  let silent: { on: Question; how: Failing } | undefined;
  const node = createServer(async (request, response) => {
    const { id, params } = JSON.parse((await request.toArray()).join(""));
    const question = QUESTIONS.find((name) => params[0].data.startsWith(toFunctionSelector(name))) as Question;
    if (silent?.on === question) return silent.how(response, id);
    const answer = ANSWERS[question];
    const said = answer ? { result: answer } : { error: { code: 3, message: "execution reverted", data: "0x" } };
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...said }));
  });
  const ask = () => {
    const { port } = node.address() as AddressInfo;
    return permitDomainOf(openChain(avalanche, [`http://127.0.0.1:${port}/secret-key`]), TOKEN);
  };

  beforeAll(() => new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve)));
  beforeEach(() => {
    silent = undefined;
  });
  afterAll(() => void node.close());

  it("is told by its domain, also where a function reverts that it can do without", async () => {
    await expect(ask()).resolves.toEqual(DOMAIN);
  });

  it("is found by a node that moved on to the next block in the middle of the question", async () => {
    const movedOn = failed(-32602, "BlockOutOfRangeError: block height is 38 but requested was 37");
    silent = {
      on: "nonces(address)",
      how: (response, id) => {
        silent = undefined;
        return movedOn(response, id);
      },
    };
    await expect(ask()).resolves.toEqual(DOMAIN);
  });

  it.each(FAULTS)("is not on offer where nonces end in: %s", async (message) => {
    silent = { on: "nonces(address)", how: failed(-32000, message) };
    await expect(ask()).resolves.toBeUndefined();
  });

  it.each(QUESTIONS.flatMap((on) => (Object.keys(SILENCES) as (keyof typeof SILENCES)[]).map((how) => ({ on, how }))))(
    "is never taken for missing because the node answers $on with $how",
    async ({ on, how }) => {
      silent = { on, how: SILENCES[how] };
      const refused = await ask().catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "chain_unavailable" });
      expect(String(refused)).not.toContain("secret-key");
    },
  );
});
