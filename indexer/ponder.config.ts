// Ponder looks for its config in its root, and its generated types name this file.
import config from "../ponder.config.ts";

export default config;
