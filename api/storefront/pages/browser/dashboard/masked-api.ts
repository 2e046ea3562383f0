import { formatUnits, readable } from "../amount.ts";
import type { Token } from "./data.ts";

/** As `/api/402/apis` tells it. */
export type MaskedApi = {
  apiId: string;
  name: string | null;
  description: string | null;
  api_url: string;
  token_address: string;
  amount_wei: string;
  valid_for_sec: number;
  status: "active" | "paused" | "deleted";
  is_listed: boolean;
};

export const amountOf = (wei: bigint, { decimals, symbol }: Token): string => `${readable(wei, decimals)} ${symbol}`;

export const digitsOf = (wei: bigint, { decimals }: Token): string => formatUnits(wei, decimals);

export const titleOf = ({ name, apiId }: Pick<MaskedApi, "name" | "apiId">): string =>
  name || `API ${apiId.slice(0, 8)}`;

export const pathOf = ({ apiId }: Pick<MaskedApi, "apiId">): string => `/api/402/apis/${apiId}`;
