import { createHash, timingSafeEqual } from "node:crypto";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";

/** Lets the operator pass, who sends `Authorization: Bearer <OPERATOR_TOKEN>`. @throws ApiError unauthorized */
export function admitOperator({ operatorToken }: Pick<Deps, "operatorToken">, authorization: string | undefined): void {
  const given = /^Bearer ([!-~]{1,200})$/i.exec(authorization ?? "")?.[1];
  // Hashes are of one length, and comparing them tells nothing of how far a guess was right.
  const isRight =
    operatorToken !== undefined && given !== undefined && timingSafeEqual(hashOf(given), hashOf(operatorToken));
  if (!isRight) throw new ApiError("unauthorized", { message: "This takes the operator's token." });
}

const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();
