import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { type Clock, nowSec } from "../../clock.ts";
import { IMAGE_LINK_VALID_SEC } from "../../limits.ts";

/** Links that show an image without a session, for a minute: `<img>` cannot send `X-402-Session`. */
export type ImageLinks = {
  /** @param query the caller's own, which the image was made for */
  urlOf(apiId: string, query: string): string;
  /** The caller's query inside a link's, or undefined when this is no link that is good now. */
  read(apiId: string, query: string): string | undefined;
};

const PARAMETER = "turnpike_image";
const LINK = new RegExp(`^${PARAMETER}=(\\d{1,12})\\.([\\w-]{43})(?:&(.*))?$`, "s");

export type ImageLinkDeps = { sessionKeys: readonly Buffer[]; publicUrl: string; clock: Clock };

export function createImageLinks({ sessionKeys, publicUrl, clock }: ImageLinkDeps): ImageLinks {
  const keys = sessionKeys.map((secret) =>
    createSecretKey(createHmac("sha256", secret).update("turnpike image link").digest()),
  );
  return {
    urlOf: (apiId, query) => {
      const untilSec = nowSec(clock) + IMAGE_LINK_VALID_SEC;
      const signature = sign(keys[0] as KeyObject, `${apiId}|${untilSec}|${query}`).toString("base64url");
      return `${publicUrl}/api/${apiId}?${PARAMETER}=${untilSec}.${signature}${query && `&${query}`}`;
    },
    read: (apiId, query) => {
      const [, until = "", signature = "", inner = ""] = LINK.exec(query) ?? [];
      if (!until || Number(until) < nowSec(clock)) return undefined;
      const given = Buffer.from(signature, "base64url");
      const isOurs = keys.some((key) => {
        const expected = sign(key, `${apiId}|${until}|${inner}`);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
      return isOurs ? inner : undefined;
    },
  };
}

const sign = (key: KeyObject, text: string) => createHmac("sha256", key).update(text).digest();
