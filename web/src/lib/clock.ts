import { signal } from "@preact/signals";

// The server's time as well as we know it: ages are the server's facts seen from the server's clock, so that a
// browser whose own clock is off still says the truth. `now` ticks once a second; a page redraws its ages with it.
let offsetMs = 0;

export const now = signal(Date.now());

export function serverNow(): number {
  return Date.now() + offsetMs;
}

export function learnServerTime(serverTimeMs: number): void {
  offsetMs = serverTimeMs - Date.now();
  now.value = serverNow();
}

export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = serverNow();
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    now.value = serverNow();
  });
}
