import { Hono } from "hono";

// Ponder wants an app here. Ours is a process of its own (`api/`); `/ready` and `/status` are Ponder's.
export default new Hono();
