/** As `/api/v1/numbers/mine` tells it. */
export type Line = {
  phoneNumber: string;
  country: string;
  tier: string;
  expiresAt: string;
  status: "active" | "expired" | "suspended";
  includedTextsLeft: number;
  renewableUntil: string;
};
