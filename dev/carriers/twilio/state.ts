import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

export type HeldNumber = {
  sid: string;
  phoneNumber: string;
  kind: string;
  friendlyName: string;
  smsUrl: string | null;
  addressSid: string | null;
  bundleSid: string | null;
  /** Of the messaging service that it has joined. */
  serviceSid: string | null;
  createdAtMs: number;
};

export type Message = {
  sid: string;
  direction: "outbound-api" | "inbound";
  from: string | null;
  to: string;
  body: string;
  serviceSid: string | null;
  status: string;
  errorCode: number | null;
  segments: number;
  statusCallback: string | null;
  priceMicroUsd: number | null;
  createdAtMs: number;
  sentAtMs: number | null;
};

export type Service = { sid: string; inboundUrl: string | null; usesNumbersUrl: boolean };

/** All that the sandbox knows. */
export type State = {
  balanceMicroUsd: number;
  accountStatus: "active" | "suspended" | "closed";
  accountType: "Full" | "Trial";
  numbers: HeldNumber[];
  messages: Message[];
  services: Service[];
  /** Who wrote STOP, and to which number: `to from`. */
  optedOut: string[];
};

export type Kept = { state: State; save(): void };

/** @param file undefined keeps everything in memory */
export function openState(file: string | undefined, first: State): Kept {
  const state: State = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : first;
  const save = () => {
    if (file === undefined) return;
    // In one step: whoever is killed in between leaves the old state.
    writeFileSync(`${file}.partial`, JSON.stringify(state));
    renameSync(`${file}.partial`, file);
  };
  return { state, save };
}

export const newSid = (prefix: "PN" | "SM"): string => prefix + randomBytes(16).toString("hex");
