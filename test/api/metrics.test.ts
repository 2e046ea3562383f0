import { describe, expect, it } from "vitest";
import { createMetrics } from "../../api/metrics.ts";

const linesOf = async ({ registry }: ReturnType<typeof createMetrics>) =>
  (await registry.metrics()).split("\n").filter((line) => line.startsWith("turnpike_"));

describe("what is counted", () => {
  it("is told by room and status, as often as it is scraped", async () => {
    const metrics = createMetrics();
    metrics.answers.add("masked-api", 200, 0.0005);
    metrics.answers.add("masked-api", 200, 0.0005);
    metrics.answers.add("control", 404, 0.0005);
    for (const _ of ["once", "again"]) {
      const lines = await linesOf(metrics);
      expect(lines).toContain('turnpike_http_requests_total{room="masked-api",status="200"} 2');
      expect(lines).toContain('turnpike_http_requests_total{room="control",status="404"} 1');
    }
  });

  it("is told by label, or without one", async () => {
    const metrics = createMetrics();
    metrics.unlocked.add("bound");
    metrics.faults.add("upstream_timeout");
    metrics.quotes.add();
    metrics.quotes.add();
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'turnpike_unlocked_calls_total{binding="bound"} 1',
        'turnpike_upstream_faults_total{code="upstream_timeout"} 1',
        "turnpike_quotes_total 2",
      ]),
    );
  });
});

describe("how long answers took", () => {
  it("is a histogram: each bucket holds those below, the bound itself included", async () => {
    const metrics = createMetrics();
    for (const sec of [0.0005, 0.001, 0.02, 60]) metrics.answers.add("control", 200, sec);
    const bucket = (le: string) => `turnpike_http_request_seconds_bucket{le="${le}",room="control"}`;
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        `${bucket("0.001")} 2`,
        `${bucket("0.005")} 2`,
        `${bucket("0.025")} 3`,
        `${bucket("30")} 3`,
        `${bucket("+Inf")} 4`,
        'turnpike_http_request_seconds_sum{room="control"} 60.0215',
        'turnpike_http_request_seconds_count{room="control"} 4',
      ]),
    );
  });
});
