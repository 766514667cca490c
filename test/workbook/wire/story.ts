import { stripVTControlCharacters } from "node:util";
import { drawDiagram } from "../../../workbook/wire/diagram.ts";
import {
  Connection,
  type Direction,
  Frame,
  Transcript,
} from "../../../workbook/wire/transcript.ts";

/** Writes a transcript by hand, packet by packet, to be drawn. */
export class Story {
  readonly transcript = new Transcript();
  readonly #connections = new Map<string, Connection>();

  /** A packet from this client to the broker. */
  says(name: string, bytes: Buffer, fate: Frame["fate"] = "passed"): this {
    return this.#packet(name, "to-broker", bytes, fate);
  }

  /** A packet from the broker to this client. */
  hears(name: string, bytes: Buffer, fate: Frame["fate"] = "passed"): this {
    return this.#packet(name, "to-client", bytes, fate);
  }

  garbage(name: string, bytes: Buffer): this {
    return this.#packet(name, "to-broker", bytes, "passed", "not MQTT");
  }

  closes(name: string, by: "client" | "broker" | "tap", more: object = {}): this {
    const connection = this.#connection(name);
    this.transcript.record({ kind: "closed", at: 0, connection, by, ...more });
    return this;
  }

  /** As it stands on the screen, without colours. */
  drawn(width: number): string {
    return stripVTControlCharacters(drawDiagram(this.transcript.entries, width));
  }

  #packet(
    name: string,
    direction: Direction,
    bytes: Buffer,
    fate: Frame["fate"],
    problem?: string,
  ): this {
    const connection = this.#connection(name);
    const frame = new Frame(0, connection, direction, bytes, bytes.length, problem);
    connection.introduce(frame);
    frame.fate = fate;
    this.transcript.record(frame);
    return this;
  }

  #connection(name: string): Connection {
    let connection = this.#connections.get(name);
    if (connection === undefined) {
      connection = new Connection(this.#connections.size + 1);
      connection.protocolVersion = 5;
      connection.clientId = name;
      this.#connections.set(name, connection);
      this.transcript.record({ kind: "opened", at: 0, connection });
    }
    return connection;
  }
}
