// Preloaded into a child process (`node --import`), which then never outlives the process that started it: when that
// one is killed, the channel between them closes.
import { spawn } from "node:child_process";

// The process id may be somebody else's by then, who began later.
const AFTER_TEN_SECONDS =
  'began=$(ps -o lstart= -p "$1"); sleep 10; [ "$(ps -o lstart= -p "$1")" = "$began" ] && kill -9 "$1"';

if (process.send) {
  process.once("disconnect", () => {
    // Ponder can hang for good in its own exit while its bundler starts, where no timer of this process runs any more.
    const last = spawn("/bin/sh", ["-c", AFTER_TEN_SECONDS, "sh", `${process.pid}`], {
      detached: true,
      stdio: "ignore",
    });
    last.on("error", () => {}).unref();
    process.kill(process.pid, "SIGINT");
    setTimeout(() => process.exit(1), 2_000).unref();
  });
  process.channel?.unref();
}
