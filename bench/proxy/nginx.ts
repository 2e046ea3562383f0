import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export type Size = "1k" | "256k";

export const NGINX = "/usr/sbin/nginx";

/** As root, nginx would work as www-data and could not read our folder. */
const USER = process.getuid?.() === 0 ? "user root;" : "";

const COMMON = `
${USER}
worker_processes 1;
daemon off;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  client_body_temp_path tmp/body;
  proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi;
`;

/** Serves /1k and /256k as JSON strings from files; the upstream of every contender. */
export function startOrigin(folder: string, port: number): ChildProcess {
  mkdirSync(path.join(folder, "www"), { recursive: true });
  writeFileSync(path.join(folder, "www", "1k"), JSON.stringify("x".repeat(1022)));
  writeFileSync(path.join(folder, "www", "256k"), JSON.stringify("x".repeat(256 * 1024 - 2)));
  const server = `server { listen 127.0.0.1:${port} backlog=4096; root www; default_type application/json; }`;
  return start(folder, "origin", server);
}

/** nginx's own proxy_pass with upstream keep-alive, otherwise as Debian ships it. */
export function startNginxProxy(folder: string, port: number, originPort: number): ChildProcess {
  const server = `
  upstream origin { server 127.0.0.1:${originPort}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`;
  return start(folder, "proxy", server);
}

export function requireTools(): void {
  const missing = [existsSync(NGINX) ? [] : ["nginx-light"], existsSync("/usr/bin/wrk") ? [] : ["wrk"]].flat();
  if (missing.length > 0) throw new Error(`missing tools; install them with: apt-get install -y ${missing.join(" ")}`);
}

function start(folder: string, name: string, server: string): ChildProcess {
  const prefix = path.join(folder, name === "origin" ? "." : name);
  mkdirSync(path.join(prefix, "tmp"), { recursive: true });
  const file = path.join(prefix, `${name}.conf`);
  writeFileSync(file, `pid ${name}.pid;\n${COMMON}${server}\n}\n`);
  return spawn(NGINX, ["-p", prefix, "-c", file], { stdio: ["ignore", "ignore", "inherit"] });
}
