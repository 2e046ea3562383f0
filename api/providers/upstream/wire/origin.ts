import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import type { UpstreamLimits } from "../limits.ts";
import type { Ask, Carrier } from "./ask.ts";
import { Connection, type Keeper } from "./connection.ts";

export type OriginOptions = {
  limits: UpstreamLimits;
  connector: buildConnector.connector;
  /** No connection is left and nothing waits for one. */
  onUnused(): void;
};

/** Below this many who left, the queue is not looked through for them. */
const GONE_KEPT = 64;

/**
 * The connections to one origin: each carries one request at a time, and the one used last is used next.
 *
 * Requests go out in the check phase of the event loop, on connections whose answer ended in an earlier turn: between
 * the two, the poll phase has read whatever an upstream sent unasked or that it hung up (undici's GHSA-35p6-xmwp-9g52).
 * Sent together they also wake the upstream once instead of once for each.
 */
export class Origin implements Keeper, Carrier {
  readonly headerBytes: number;
  readonly keepAliveMs: number;
  /** Kept by whoever keeps origins. */
  usedAt = 0;
  readonly #url: URL;
  readonly #options: OriginOptions;
  readonly #open = new Set<Connection>();
  #connecting = 0;
  /** Free ones, and those that will be in the next turn. */
  #free: Connection[] = [];
  #resting: Connection[] = [];
  #queue: Ask[] = [];
  #goneInQueue = 0;
  #isDue = false;
  #whenClosed: (() => void) | undefined;

  constructor(origin: string, options: OriginOptions) {
    this.#url = new URL(origin);
    this.#options = options;
    this.headerBytes = options.limits.headerBytes;
    this.keepAliveMs = options.limits.keepAliveMs;
  }

  get isBusy(): boolean {
    return this.#queue.length + this.#connecting > 0 || this.#open.size > this.#free.length + this.#resting.length;
  }

  send(ask: Ask): void {
    ask.carrier = this;
    this.#queue.push(ask);
    this.#makeDue();
  }

  /** Closes what has been idle for too long. */
  sweep(nowMs: number): void {
    if (this.#free.every((connection) => isUsable(connection, nowMs))) return;
    const old = this.#free.filter((connection) => !isUsable(connection, nowMs));
    this.#free = this.#free.filter((connection) => isUsable(connection, nowMs));
    for (const connection of old) connection.close();
  }

  /** Resolves when what runs and waits is done. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenClosed = resolve;
      for (const connection of [...this.#free, ...this.#resting]) connection.close();
      this.#free = [];
      this.#resting = [];
      this.#tellIfUnused();
    });
  }

  /** Who waits here leaves. Many of them must not fill the queue until there is a connection. */
  drop(): void {
    if (++this.#goneInQueue > GONE_KEPT && this.#goneInQueue * 2 > this.#queue.length) this.#makeDue();
  }

  resume(): void {}

  released(connection: Connection): void {
    if (this.#whenClosed && this.#queue.length === 0) connection.close();
    else {
      this.#resting.push(connection);
      this.#makeDue();
    }
  }

  closed(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    this.#free = this.#free.filter((free) => free !== connection);
    this.#resting = this.#resting.filter((resting) => resting !== connection);
    this.#goOn();
  }

  #makeDue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isDue = false;
    if (this.#goneInQueue > GONE_KEPT) {
      this.#goneInQueue = 0;
      this.#queue = this.#queue.filter(({ asker }) => !asker.isOver);
    }
    const nowMs = performance.now();
    let placed = 0;
    while (placed < this.#queue.length && this.#place(this.#queue[placed] as Ask, nowMs)) placed++;
    this.#queue = this.#queue.slice(placed);
    if (this.#resting.length > 0) {
      this.#free.push(...this.#resting);
      this.#resting = [];
      if (this.#queue.length > 0) this.#makeDue();
    }
    this.#tellIfUnused();
  }

  /** False when it must go on waiting. */
  #place(ask: Ask, nowMs: number): boolean {
    if (ask.asker.isOver) return true;
    for (let free = this.#free.pop(); free; free = this.#free.pop()) {
      if (isUsable(free, nowMs)) {
        free.send(ask);
        return true;
      }
      free.close();
    }
    if (this.#open.size + this.#connecting >= this.#options.limits.connectionsPerOrigin) return false;
    this.#connect(ask);
    return true;
  }

  #connect(ask: Ask): void {
    const { host, protocol, port } = this.#url;
    const hostname = this.#url.hostname.replace(/^\[|\]$/g, "");
    this.#connecting++;
    const fail = (error: unknown) => {
      this.#connecting--;
      ask.asker.onFault(error);
      this.#goOn();
    };
    try {
      this.#options.connector({ host, hostname, protocol, port }, (...[error, socket]) => {
        if (socket) this.#begin(socket, ask);
        else fail(error);
      });
    } catch (error) {
      fail(error);
    }
  }

  #begin(socket: Socket, ask: Ask): void {
    this.#connecting--;
    const connection = new Connection(socket, this);
    this.#open.add(connection);
    if (ask.asker.isOver) {
      connection.idleUntilMs = performance.now() + this.keepAliveMs;
      this.released(connection);
    } else connection.send(ask);
  }

  #goOn(): void {
    if (this.#queue.length > 0) this.#makeDue();
    else this.#tellIfUnused();
  }

  #tellIfUnused(): void {
    if (this.#open.size + this.#connecting + this.#queue.length > 0) return;
    this.#options.onUnused();
    this.#whenClosed?.();
  }
}

const isUsable = (connection: Connection, nowMs: number): boolean =>
  connection.idleUntilMs > nowMs && !connection.isClosed;
