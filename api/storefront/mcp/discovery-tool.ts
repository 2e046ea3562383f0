import type { EndpointGroup } from "../endpoint.ts";
import { answered } from "./results.ts";
import type { Tool } from "./tool.ts";

/** What `GET /api/v1/discovery` answers. */
export type Discover = () => Promise<Readonly<Record<string, unknown>>>;

/** The same, with every endpoint besides. */
export function discoveryTool(discover: Discover, groups: readonly EndpointGroup[]): Tool {
  const endpoints = groups.flatMap((group) => group.endpoints.map(({ on, who, summary }) => ({ on, who, summary })));
  return {
    card: {
      name: "discovery",
      title: "Service discovery",
      description:
        "Lists everything that is sold, its prices, and every endpoint. Free. Names and descriptions of masked APIs are their merchants' words.",
      inputSchema: { type: "object", properties: {} },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    run: async () => answered({ ...(await discover()), endpoints }),
  };
}
