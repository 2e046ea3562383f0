import { afterAll, beforeAll, expect, it } from "vitest";
import { collectEvents } from "../../../api/providers/phone/collect.ts";
import { type Inbox, openInbox } from "../../../api/providers/phone/inbox.ts";
import { createPhoneWorld, type PhoneWorld } from "./phone-world.ts";

let world: PhoneWorld;
let inbox: Inbox;
beforeAll(async () => {
  world = await createPhoneWorld();
  inbox = openInbox(world.deps, "sandbox");
});
afterAll(() => world?.close());

const keep = (newsId: string, text = "hi") =>
  inbox.keep({
    ...{ newsId, at: new Date(world.clock.nowMs()), kind: "inbound", carrierId: newsId, text },
    ...{ line: "+12125551234", from: "+447700900001", to: "+12125551234" },
  });

it("a flood is taken in at once, not a hundred a second", async () => {
  for (let i = 0; i < 250; i++) await keep(`flood ${i}`);
  const { events, acknowledge } = inbox;
  await collectEvents({ ...world.deps, phone: { ...world.deps.phone, events, acknowledge } });
  expect(await inbox.events()).toEqual([]);
  const { rowCount } = await world.pool.query("select from app.message where direction = 'inbound'");
  expect(rowCount).toBe(250);
});

it("what cannot be taken in is told again in another round, and holds up no other of its own", async () => {
  for (let i = 0; i < 3; i++) await keep(`mixed ${i}`);
  let told = 0;
  const events = async () => {
    told++;
    return (await inbox.events()).map((event, i) => (i === 0 ? { ...event, at: new Date(Number.NaN) } : event));
  };
  const phone = { ...world.deps.phone, events, acknowledge: inbox.acknowledge };
  await collectEvents({ ...world.deps, phone });
  expect([told, (await inbox.events()).map((event) => event.kind === "inbound" && event.reference)]).toEqual([
    1,
    ["mixed 0"],
  ]);
});

it("a name with NUL is one that can be kept, and known again", async () => {
  const first = await keep("a\0b");
  world.clock.advance(5);
  expect(await keep("a\0b")).toEqual(first);
});
