import { randomBytes } from "node:crypto";
import { seal, unseal } from "../identity/seal.ts";

const SECRET_BYTES = 32;

/** What a target checks our signature with, as Standard Webhooks writes it. */
export const freshSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`;

export const sealSecret = (key: Buffer, webhookId: string, secret: string): Buffer =>
  seal(key, ownerOf(webhookId), secret);

/** @throws Error when the key is another, or the row was changed or moved */
export const unsealSecret = (key: Buffer, webhookId: string, sealed: Buffer): string =>
  unseal(key, ownerOf(webhookId), sealed);

const ownerOf = (webhookId: string): string => `webhook|${webhookId}`;
