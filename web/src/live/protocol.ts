// The frames of docs/formats/live.md.
export interface Hello { type: "hello"; epoch: string; interval_ms: number; server_time_ms: number; version: string }
export interface Snapshot { type: "snapshot"; topic: string; seq: number; items: unknown[] }
export interface StateDelta { type: "delta"; topic: string; seq: number; put?: unknown[]; remove?: string[] }
export interface LogDelta { type: "delta"; topic: string; seq: number; items: unknown[]; dropped?: number }
export interface Resumed { type: "resumed"; topic: string; seq: number }
export interface Token { type: "token"; token: string }
export interface Bye { type: "bye"; retry_ms: number }
export type Delta = StateDelta | LogDelta;
export type Frame = Hello | Snapshot | Delta | Resumed | Token | Bye;

// What the server says, or null for something we do not know (a newer server may say more than we understand).
export function parseFrame(text: string): Frame | null {
  try {
    const value = JSON.parse(text) as { type?: unknown };
    return value !== null && typeof value === "object" && typeof value.type === "string" ? (value as Frame) : null;
  } catch {
    return null;
  }
}

export function liveUrl(topics: readonly string[], since: string | null): string {
  const list = topics.map(encodeURIComponent).join(",");
  return `/api/v1/live?topics=${list}${since ? `&since=${encodeURIComponent(since)}` : ""}`;
}

export interface SseMessage { id: string; data: string }

// Cuts a text/event-stream into messages; `feed` takes any pieces, also half lines.
export class SseParser {
  private rest = "";
  private id = "";
  private data: string[] = [];

  feed(piece: string): SseMessage[] {
    const messages: SseMessage[] = [];
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.data.length > 0) messages.push({ id: this.id, data: this.data.join("\n") });
        this.data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.data.push(value);
      else if (field === "id") this.id = value;
    }
    return messages;
  }
}
