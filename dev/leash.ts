// Preloaded into a child process (`node --import`), which then never outlives the process that started it: when that
// one is killed, the channel between them closes.
if (process.send) {
  process.once("disconnect", () => {
    process.kill(process.pid, "SIGINT");
    setTimeout(() => process.exit(1), 2_000).unref();
  });
  process.channel?.unref();
}
