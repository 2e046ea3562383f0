import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Part, PORT_VARIABLES, type Settings } from "./settings.ts";

/**
 * Waits up to `patienceMs` for the ports of `parts` to be free.
 *
 * @throws Error that names every port that is still taken, and the variable that moves it
 */
export async function checkPorts(
  settings: Pick<Settings, "ports">,
  parts: readonly Part[],
  patienceMs = 0,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const complaints = await complaintsAbout(settings, parts);
    if (complaints.length === 0) return;
    if (Date.now() >= deadline) throw new Error(complaints.join("\n"));
    await pause(100);
  }
}

async function complaintsAbout({ ports }: Pick<Settings, "ports">, parts: readonly Part[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const [index, part] of parts.entries()) {
    const port = ports[part];
    const twin = parts.slice(0, index).find((other) => ports[other] === port);
    if (twin) complaints.push(`${PORT_VARIABLES[part]} and ${PORT_VARIABLES[twin]} are both ${port}.`);
    else if (await isTaken(port))
      complaints.push(`Port ${port} (${part}) is taken by another program. Set ${PORT_VARIABLES[part]} to a free one.`);
  }
  return complaints;
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(true))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
  });
}
