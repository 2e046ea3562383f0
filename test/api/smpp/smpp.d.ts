/** The npm package has no types: what the tests use of it. */
declare module "smpp" {
  import type { EventEmitter } from "node:events";
  import type { Server as NetServer, Socket } from "node:net";

  export type Message = { udh?: Buffer[] | Buffer; message: string | Buffer };
  export class PDU {
    constructor(command: string | Buffer, options?: Record<string, unknown>);
    command: string;
    command_id: number;
    command_status: number;
    sequence_number: number;
    system_id: string;
    password: string;
    system_type: string;
    interface_version: number;
    message_id: string;
    source_addr_ton: number;
    source_addr_npi: number;
    source_addr: string;
    dest_addr_ton: number;
    dest_addr_npi: number;
    destination_addr: string;
    esm_class: number;
    data_coding: number;
    registered_delivery: number;
    short_message: Message;
    response(options?: Record<string, unknown>): PDU;
    isResponse(): boolean;
    toBuffer(): Buffer;
  }
  export class Session extends EventEmitter {
    readonly socket: Socket;
    send(pdu: PDU, answered?: (answer: PDU) => void): boolean;
    deliver_sm(options: Record<string, unknown>, answered: (answer: PDU) => void): boolean;
    enquire_link(answered: (answer: PDU) => void): boolean;
    unbind(answered: (answer: PDU) => void): boolean;
    close(): void;
    destroy(): void;
  }
  type Options = { key?: string; cert?: string };
  export function createServer(options: Options, listener: (session: Session) => void): NetServer;
  const smpp: { PDU: typeof PDU; createServer: typeof createServer };
  export default smpp;
}
