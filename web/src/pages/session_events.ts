import type { Event } from "../api/types.ts";

// One session's events, merged from the recorder (pages back in time) and the live topic, by id, in order of time. Bounded.
export const kEventsMax = 20_000;

function before(a: Event, b: Event): number {
  return a.time_us - b.time_us || (a.sequence ?? 0) - (b.sequence ?? 0) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

export class EventLog {
  private byId = new Map<string, Event>();
  private sorted: Event[] | null = [];

  // Takes events in any order and any number of times. Answers whether anything changed.
  add(events: readonly Event[]): boolean {
    let hasChanged = false;
    for (const event of events) {
      if (this.byId.has(event.id)) continue;
      this.byId.set(event.id, event);
      hasChanged = true;
    }
    if (!hasChanged) return false;
    this.sorted = null;
    if (this.byId.size > kEventsMax) {
      const kept = this.list().slice(-kEventsMax);
      this.byId = new Map(kept.map((event) => [event.id, event]));
      this.sorted = kept;
    }
    return true;
  }

  list(): Event[] {
    this.sorted ??= [...this.byId.values()].sort(before);
    return this.sorted;
  }

  get size(): number {
    return this.byId.size;
  }
}
