import { pino } from "pino";
import { describe, expect, inject, it, vi } from "vitest";
import { openChanges, openDb } from "../../api/db.ts";
import { sealUpstream as seal, unsealUpstream as unseal } from "../../api/products/masked-api/seal.ts";
import { migrations } from "../../api/schema.ts";
import { freshDatabase } from "../support/database.ts";
import { startFreezingProxy } from "./support/freezing-proxy.ts";

const log = pino({ level: "silent" });

describe("the API's own schema", () => {
  it("is made once by many processes that start together", async () => {
    const url = await freshDatabase(inject("pgUrl"));
    const opened = await Promise.all(Array.from({ length: 6 }, () => openDb(url, log)));
    const { rows } = await (opened[0] as (typeof opened)[0]).pool.query("select id from app.migration order by id");
    expect(rows.map(({ id }) => id)).toEqual(migrations.map((_, id) => id));
    await Promise.all(opened.map((db) => db.close()));
  });

  it("keeps what is there when it is opened again", async () => {
    const url = await freshDatabase(inject("pgUrl"));
    const first = await openDb(url, log);
    await first.pool.query("insert into app.gateway_fee values (1, 2, now())");
    await first.close();
    const second = await openDb(url, log);
    expect((await second.pool.query("select fee_bps from app.gateway_fee")).rows).toEqual([{ fee_bps: 2 }]);
    await second.close();
  });

  it("rolls a failed transaction back and gives the connection back whole", async () => {
    const db = await openDb(await freshDatabase(inject("pgUrl")), log);
    const failing = db.transaction(async (client) => {
      await client.query("insert into app.gateway_fee values (1, 2, now())");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect((await db.pool.query("select * from app.gateway_fee")).rows).toEqual([]);
    await db.close();
  });

  it("survives a connection that is lost within a transaction, and locks nothing for a process that is", async () => {
    const db = await openDb(await freshDatabase(inject("pgUrl")), log);
    const work = db.transaction(async (client) => {
      const { rows } = await client.query("select pg_backend_pid() as pid");
      const isOver = new Promise((resolve) => client.once("end", resolve));
      await db.pool.query("select pg_terminate_backend($1)", [rows[0].pid]);
      await isOver;
      await client.query("select 1");
    });
    await expect(work).rejects.toThrow();
    const { rows } = await db.pool.query("show idle_in_transaction_session_timeout");
    expect(rows).toEqual([{ idle_in_transaction_session_timeout: "10s" }]);
    await db.close();
  });

  it("cannot be opened where there is no database", async () => {
    await expect(openDb("postgres://nobody@127.0.0.1:1/none", log)).rejects.toThrow();
  });
});

describe("news of other processes", () => {
  it("are known to be lost when the connection falls silent, and heard on a new one", async () => {
    const proxy = await startFreezingProxy(await freshDatabase(inject("pgUrl")));
    const changes = await openChanges(proxy.databaseUrl, log, { everyMs: 50, answerMs: 1_000 });
    const heard: (string | undefined)[] = [];
    changes.on((what) => heard.push(what));
    proxy.freeze("listen ");
    await vi.waitFor(() => expect(changes.live).toBe(false), { interval: 10, timeout: 5_000 });
    expect(heard).toEqual([undefined]);
    await vi.waitFor(() => expect(changes.live).toBe(true), { interval: 10, timeout: 5_000 });
    const db = await openDb(proxy.databaseUrl, log);
    await db.announce(db.pool, "news");
    await vi.waitFor(() => expect(heard).toContain("news"));
    await Promise.all([changes.close(), db.close()]);
    await proxy.close();
  });
});

describe("a merchant's secret", () => {
  const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const secret = { url: "https://upstream.example/data?key=1", headers: { "x-key": "s3cret" } };

  it("is read back by the key and for the API that it was sealed for, and by nothing else", () => {
    const sealed = seal(key, "api-1", secret);
    expect(unseal(key, "api-1", sealed)).toEqual(secret);
    expect(() => unseal(other, "api-1", sealed)).toThrow();
    expect(() => unseal(key, "api-2", sealed)).toThrow();
    for (const at of [0, 5, 20, sealed.length - 1]) {
      const damaged = Buffer.from(sealed);
      damaged[at] = (damaged[at] as number) ^ 1;
      expect(() => unseal(key, "api-1", damaged)).toThrow();
    }
  });

  it("shows nothing of itself, and never looks the same", () => {
    const [one, two] = [seal(key, "api-1", secret), seal(key, "api-1", secret)];
    expect(one.equals(two)).toBe(false);
    expect(one.toString("latin1")).not.toContain("upstream");
  });
});
