/** As `/api/v1/keys` tells it. */
export type Key = {
  key_id: string;
  prefix: string;
  name: string;
  cap_usd: number | null;
  spent_usd: number;
  may_manage: boolean;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
};

export const nameOf = ({ name, prefix }: Key): string => name || `Key ${prefix}…`;
