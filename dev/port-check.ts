import { createServer } from "node:net";
import { type Part, PORT_VARIABLES, type Settings } from "./settings.ts";

/** @throws Error that names every taken port among `parts`, and the variable that moves it */
export async function checkPorts({ ports }: Pick<Settings, "ports">, parts: readonly Part[]): Promise<void> {
  const complaints: string[] = [];
  for (const [index, part] of parts.entries()) {
    const port = ports[part];
    const twin = parts.slice(0, index).find((other) => ports[other] === port);
    if (twin) complaints.push(`${PORT_VARIABLES[part]} and ${PORT_VARIABLES[twin]} are both ${port}.`);
    else if (await isTaken(port))
      complaints.push(`Port ${port} (${part}) is taken by another program. Set ${PORT_VARIABLES[part]} to a free one.`);
  }
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(true))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
  });
}
