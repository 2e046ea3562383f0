import { randomBytes } from "node:crypto";
import pg from "pg";

/** A new, empty database in the server behind `url`; returns its own connection string. */
export async function freshDatabase(url: string): Promise<string> {
  const name = `t_${randomBytes(6).toString("hex")}`;
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.toString();
}
