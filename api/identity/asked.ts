import type { Call, Sale } from "../sale.ts";
import type { Credentials } from "./account.ts";

/** A call of something that has a price, as it came, through whichever room. Nothing of it is read before it is needed. */
export type Asked = {
  readonly sale: Sale;
  readonly requestId: string;
  /** An API key came along. */
  readonly hasKey: boolean;
  /** @throws ApiError bad_request when one of them is given twice */
  credentials(): Credentials;
  query(): URLSearchParams;
  /** @throws ApiError for what is no call */
  call(): Promise<Call>;
};
