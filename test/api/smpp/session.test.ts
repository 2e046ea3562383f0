import smpp from "smpp";
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { SMPP } from "../../../api/limits.ts";
import { freshDatabase } from "../../support/database.ts";
import { createSmppWorld, inTime, type SmppWorld } from "./smpp-world.ts";
import { until } from "./smsc.ts";

let databaseUrl: string;
let world: SmppWorld;
beforeAll(async () => {
  databaseUrl = await freshDatabase(inject("pgUrl"));
});
beforeEach(async () => {
  world = await createSmppWorld({}, { databaseUrl });
  await world.bound();
});
afterEach(() => world?.close());

/** Time goes by until it is bound anew. */
const boundAnew = (times: number) =>
  until(
    () => {
      world.clock.advance(1);
      return world.smsc.binds.length;
    },
    (binds) => binds >= times,
  ).then(world.bound);
const problems = async () => (await world.phone.health()).problems;

describe("a bind", () => {
  it("is a transceiver's in version 3.4, and the health says that it is there", async () => {
    expect(world.smsc.binds).toMatchObject([
      { system_id: "turnpike", password: "secret", system_type: "", interface_version: 0x34 },
    ]);
    expect(await world.phone.health()).toEqual({
      problems: [],
      balanceMicroUsd: undefined,
      facts: { bound: "yes", "texts without an answer": "0" },
    });
  });

  it.each([
    [0x0e, "The SMSC refuses SMPP_SYSTEM_ID or SMPP_PASSWORD."],
    [0x05, "The SMSC allows no further bind: run fewer processes, or have it allow more."],
    [0x53, "The SMSC refuses SMPP_SYSTEM_TYPE."],
    [0x0d, "The SMSC refuses the bind with status 0x0d."],
  ])("that is refused with %i is tried again, and the operator is told why", async (status, problem) => {
    world.smsc.bindStatus = status;
    world.smsc.drop();
    await until(
      () => {
        world.clock.advance(1);
        return problems();
      },
      ([told]) => told === problem,
    );
  });

  it("that is refused for a while holds texts up, and loses none", async () => {
    world.smsc.bindStatus = 0x0d;
    world.smsc.drop();
    await until(problems, (told) => told.length > 0);
    const text = world.text();
    expect(await inTime(world, world.send(text))).toEqual({ kind: "unknown", status: "queued" });
    world.smsc.bindStatus = 0;
    await boundAnew(world.smsc.binds.length + 1);
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "sent" });
    expect(world.smsc.submits).toHaveLength(1);
  });

  it("is tried again later each time while nobody answers", async () => {
    const { smsc } = world;
    smsc.bindStatus = 0x0d;
    smsc.drop();
    await until(problems, (told) => told.length > 0);
    for (const [i, waitSec] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      await until(
        () => world.clock.sleeping,
        (sleeping) => sleeping === 1,
      );
      world.clock.advance(waitSec - 0.001);
      expect([world.clock.sleeping, smsc.binds.length]).toEqual([1, i + 1]);
      world.clock.advance(0.001);
      await until(
        () => smsc.binds.length,
        (binds) => binds === i + 2,
      );
    }
  });
});

describe("a connection", () => {
  it("is kept alive, and given up when that is not answered", async () => {
    const { smsc, clock } = world;
    clock.advance(SMPP.aliveSec);
    await until(
      () => smsc.others.map(({ command }) => command),
      (seen) => seen.includes("enquire_link"),
    );
    smsc.isAlive = false;
    await until(
      () => clock.sleeping,
      (sleeping) => sleeping === 1,
    );
    clock.advance(SMPP.aliveSec);
    await until(
      () => smsc.others.length,
      (count) => count === 2,
    );
    clock.advance(SMPP.answerSec);
    await until(problems, (told) => told[0] === "The connection to the SMSC was lost.");
    smsc.isAlive = true;
    await boundAnew(2);
    expect(await world.send(world.text())).toMatchObject({ kind: "accepted" });
  });

  it("answers what keeps it alive, and goodbye, after which it is made anew", async () => {
    const { smsc } = world;
    expect(await smsc.ask(new smpp.PDU("enquire_link"))).toMatchObject({
      command: "enquire_link_resp",
      command_status: 0,
    });
    expect(await smsc.ask(new smpp.PDU("unbind"))).toMatchObject({ command: "unbind_resp", command_status: 0 });
    await boundAnew(2);
  });

  it("says goodbye at the end", async () => {
    await world.phone.close();
    expect(world.smsc.others.map(({ command }) => command)).toEqual(["unbind"]);
    await until(world.smsc.bound, (bound) => bound === 0);
  });

  it("says that it does not know a command, and goes on", async () => {
    const { smsc } = world;
    const strange = new smpp.PDU("replace_sm", { message_id: "1" });
    await smsc
      .ask(strange)
      .then((answer) => expect(answer).toMatchObject({ command: "generic_nack", command_status: 3 }));
    expect(await world.send(world.text())).toMatchObject({ kind: "accepted" });
    expect(smsc.binds).toHaveLength(1);
  });

  it("is given up after octets that are no PDU, and made anew", async () => {
    world.smsc.write(Buffer.from("GET / HTTP/1.1\r\nHost: smsc\r\n\r\n"));
    await until(problems, (told) => told.length > 0);
    await boundAnew(2);
    expect(await world.send(world.text())).toMatchObject({ kind: "accepted" });
    expect(world.logged.join("")).toContain("what is no PDU");
  });

  it("takes no notice of answers to what it did not ask", async () => {
    world.smsc.write(new smpp.PDU("submit_sm_resp", { sequence_number: 4711, message_id: "1" }).toBuffer());
    world.smsc.write(new smpp.PDU("generic_nack", { sequence_number: 4712 }).toBuffer());
    expect(await world.send(world.text())).toMatchObject({ kind: "accepted" });
    expect(world.smsc.binds).toHaveLength(1);
  });
});

describe("what the world learns of it", () => {
  it("is neither where it is nor its password", async () => {
    world.smsc.bindStatus = 0x0e;
    world.smsc.drop();
    await until(problems, (told) => told.length > 0);
    const told = JSON.stringify(await world.phone.health()) + world.logged.join("");
    for (const secret of ["secret", String(world.smsc.port), "127.0.0.1"]) expect(told).not.toContain(secret);
  });
});
