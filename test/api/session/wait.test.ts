import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { preferredWaitSec } from "../../../api/payments/session/wait.ts";
import { createWorld, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

async function polled(wait: string, target = world) {
  const apiId = await world.sell();
  const quote = (await world.ask(`/api/${apiId}`)).body.data;
  const poll = (signal?: AbortSignal) =>
    fetch(`${target.url}/api/${apiId}`, {
      headers: { "X-402-Session": quote.session_id, Prefer: wait },
      ...(signal && { signal }),
    });
  return { apiId, quote, poll };
}

// biome-ignore lint/suspicious/noExplicitAny: compared with literals below
const json = (answer: Response) => answer.json() as Promise<any>;

const someoneWaits = (count = 1) => vi.waitFor(() => expect(world.indexed.waiting).toBe(count), { interval: 2 });

describe("Prefer: wait=N", () => {
  it("holds the request until the payment is there", async () => {
    const { quote, poll } = await polled("wait=30");
    const answer = poll();
    await someoneWaits();
    world.indexed.notify();
    await someoneWaits();
    world.pay(quote);
    expect((await answer).status).toBe(200);
    expect(world.indexed.waiting).toBe(0);
  });

  it("answers pending when the time is up", async () => {
    const { quote, poll } = await polled("respond-async, wait=5");
    const answer = poll();
    await someoneWaits();
    world.clock.advance(5);
    const { status, headers } = await answer;
    const body = await json(await answer);
    expect([status, headers.get("retry-after")]).toEqual([402, "2"]);
    expect(body.data.session_id).toBe(quote.session_id);
  });

  it("waits 30 seconds at most", async () => {
    const { poll } = await polled("wait=9999");
    const answer = poll();
    await someoneWaits();
    world.clock.advance(30);
    expect((await answer).status).toBe(402);
  });

  it("wakes every waiter of one payment, with one grant", async () => {
    const { quote, poll } = await polled("wait=30");
    const answers = Array.from({ length: 25 }, () => poll());
    await someoneWaits(25);
    world.pay(quote);
    const bodies = await Promise.all(answers.map(async (answer) => json(await answer)));
    expect(bodies.map(({ code }) => code)).toEqual(Array(25).fill("successful"));
    expect(new Set(bodies.map(({ data }) => data.session.id)).size).toBe(1);
  });

  it("shares its looks among those who wait for one payment", async () => {
    const { quote, poll } = await polled("wait=30");
    const answers = Array.from({ length: 25 }, () => poll());
    await someoneWaits(25);
    const before = world.indexed.lookups;
    world.indexed.notify();
    await someoneWaits(25);
    world.pay(quote);
    for (const answer of answers) expect((await answer).status).toBe(200);
    // The first looks may still be on their way when the count begins, then twice news: each time at most one look that
    // runs and one for all others, and a look asks for both ids. One look each would be more than a hundred.
    expect(world.indexed.lookups - before).toBeLessThanOrEqual(12);
  });

  it("holds fifty requests of one caller, and answers one more at once", async () => {
    const { poll } = await polled("wait=30");
    const answers = Array.from({ length: 50 }, () => poll());
    await someoneWaits(50);
    expect((await poll()).status).toBe(402);
    expect(world.indexed.waiting).toBe(50);
    world.clock.advance(30);
    for (const answer of answers) expect((await answer).status).toBe(402);
    await someoneWaits(0);
  });

  it("ends when the caller hangs up", async () => {
    const { poll } = await polled("wait=30");
    const caller = new AbortController();
    const answer = poll(caller.signal);
    await someoneWaits();
    caller.abort();
    await expect(answer).rejects.toThrow();
    await someoneWaits(0);
  });

  it("ends when the process is asked to stop, with the usual answer", async () => {
    const sibling = await world.sibling();
    const { poll } = await polled("wait=30", sibling);
    const answer = poll();
    await someoneWaits();
    const stopped = sibling.server.stop();
    expect((await answer).status).toBe(402);
    await stopped;
  });

  it("does not hold a call without a session, or one that is paid", async () => {
    const { apiId, quote, poll } = await polled("wait=30");
    expect((await world.ask(`/api/${apiId}`, { headers: { Prefer: "wait=30" } })).status).toBe(402);
    world.pay(quote);
    expect((await poll()).status).toBe(200);
  });

  it.each([
    ["wait=10", 10],
    ["respond-async; foo, WAIT = 7", 7],
    ['wait="3"', 3],
    ["wait=31", 30],
    ["wait=0", 0],
    ["wait=-5", 0],
    ["await=5", 0],
    ["wait=soon", 0],
    [undefined, 0],
  ])("reads %j as %d", (header, seconds) => {
    expect(preferredWaitSec(header)).toBe(seconds);
  });
});
