import { signal } from "@preact/signals";

// Where we are. Everything a page shows that is worth sharing is in `search`, so a link is a view.
export type Route =
  | { page: "now" } | { page: "alerts" } | { page: "fleet" } | { page: "jobs" } | { page: "models" } | { page: "history" } | { page: "system" }
  | { page: "session"; id: string }
  | { page: "job"; name: string }
  | { page: "run"; id: string }
  | { page: "incident"; id: string }
  | { page: "lost"; path: string };

export interface Place {
  route: Route;
  search: URLSearchParams;
}

export function parsePath(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, ...rest] = parts;
  if (first === undefined) return { page: "now" };
  if (rest.length === 0 && (first === "alerts" || first === "fleet" || first === "jobs" || first === "models" || first === "history" || first === "system")) return { page: first };
  // The queue is the list of incidents.
  if (rest.length === 0 && first === "incidents") return { page: "now" };
  if (rest.length > 0 && (first === "session" || first === "jobs" || first === "run" || first === "incidents")) {
    try {
      const id = rest.map(decodeURIComponent).join("/");
      if (first === "jobs") return { page: "job", name: id };
      return { page: first === "incidents" ? "incident" : first, id };
    } catch {
      return { page: "lost", path };
    }
  }
  return { page: "lost", path };
}

// A dot would make the path look like a file's name to servers and proxies, so ids escape it too.
const escaped = (id: string) => encodeURIComponent(id).replaceAll(".", "%2E");

export const sessionPath = (id: string): string => `/session/${escaped(id)}`;
export const jobPath = (name: string): string => `/jobs/${escaped(name)}`;
export const runPath = (occurrence: string): string => `/run/${escaped(occurrence)}`;

export const incidentPath = (id: string): string => `/incidents/${escaped(id)}`;

export function withSearch(path: string, params: Record<string, string | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value) search.set(key, value);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

function here(): Place {
  return { route: parsePath(location.pathname), search: new URLSearchParams(location.search) };
}

export const place = signal<Place>(typeof location === "undefined" ? { route: { page: "now" }, search: new URLSearchParams() } : here());

export function navigate(url: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  const before = place.peek().route;
  place.value = here();
  const after = place.peek().route;
  if (how === "push" && JSON.stringify(before) !== JSON.stringify(after)) scrollTo(0, 0);
}

// Changes parameters of this page's URL; undefined and "" remove one. Typing in a filter does not fill the history.
export function setSearch(changes: Record<string, string | undefined>): void {
  const search = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) {
    if (value) search.set(key, value);
    else search.delete(key);
  }
  const text = search.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), "replace");
}

// Makes plain clicks on same-origin links change the page without a load.
export function startRouter(): void {
  addEventListener("popstate", () => {
    place.value = here();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute("download") || link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}
