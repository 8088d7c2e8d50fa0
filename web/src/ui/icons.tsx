import type { VNode } from "preact";

// One set of icons on a 16 grid, drawn with one pen. States have shapes of their own: no two differ by colour alone.
const kPaths = {
  // states
  working: <><circle cx="8" cy="8" r="6.25" /><path d="M6.6 5.5v5l4-2.5z" fill="currentColor" stroke="none" /></>,
  idle: <path d="M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6Z" />,
  waiting_approval: <><circle cx="8" cy="5.2" r="2.6" /><path d="M2.8 14c.5-3 2.5-4.6 5.2-4.6s4.7 1.6 5.2 4.6" /></>,
  rate_limited: <><path d="M4 2h8M4 14h8" /><path d="M4.8 2v2.300L8 8l3.2-3.700V2M4.8 14v-2.300L8 8l3.2 3.700V14" /></>,
  stalled: <><circle cx="8" cy="8" r="6.25" /><path d="M6.3 5.700v4.600M9.7 5.700v4.6" /></>,
  looping: <><path d="M13.5 6.500A5.7 5.7 0 0 0 3.3 5M2.5 9.500A5.7 5.7 0 0 0 12.7 11" /><path d="M3 1.800V5h3.200M13 14.200V11H9.8" /></>,
  failed: <><path d="M5.3 1.800h5.400l3.5 3.500v5.400l-3.5 3.500H5.300l-3.5-3.500V5.300z" /><path d="m6 6 4 4m0-4-4 4" /></>,
  offline: <><circle cx="8" cy="8" r="6.25" /><path d="m3.6 3.6 8.8 8.8" /></>,
  unknown: <><circle cx="8" cy="8" r="6.25" stroke-dasharray="2.4 2" /><path d="M6.3 6.300c.2-1 .9-1.5 1.8-1.5 1 0 1.8.6 1.8 1.6 0 1.3-1.8 1.4-1.8 2.600M8.1 11.100v.1" /></>,
  passing: <><circle cx="8" cy="8" r="6.25" /><path d="m5.2 8.2 2 2 3.7-4.2" /></>,
  stale: <><circle cx="8" cy="8" r="6.25" /><path d="M8 4.500V8l2.3 1.5" /></>,
  // severities
  critical: <><path d="M8 1.9 14.6 13.500H1.400z" /><path d="M8 6.300v3.500M8 11.600v.1" /></>,
  info: <><circle cx="8" cy="8" r="6.25" /><path d="M8 7.300v3.500M8 5v.1" /></>,
  // pages
  now: <path d="M1.5 8.500h2.800L6 3.500l3.5 9.500L11.3 8.500h3.2" />,
  alerts: <><path d="M3.400 11.500c1-1 1.200-2.200 1.200-4.300a3.400 3.400 0 0 1 6.800 0c0 2.100.2 3.300 1.200 4.300z" /><path d="M6.600 13.800a1.600 1.600 0 0 0 2.800 0" /></>,
  fleet: <><rect x="2" y="2.5" width="5" height="4.6" rx="1.2" /><rect x="9" y="2.5" width="5" height="4.6" rx="1.2" /><rect x="2" y="9" width="5" height="4.6" rx="1.2" /><rect x="9" y="9" width="5" height="4.6" rx="1.2" /></>,
  jobs: <><rect x="2" y="3" width="12" height="11" rx="1.6" /><path d="M2 6.500h12M5.300 1.500v3M10.700 1.500v3M5.500 10.300l1.700 1.600 3.300-3.400" /></>,
  models: <><circle cx="3.6" cy="8" r="1.9" /><circle cx="12.4" cy="3.8" r="1.9" /><circle cx="12.4" cy="12.2" r="1.9" /><path d="M5.4 7.200 10.700 4.600M5.4 8.800l5.300 2.600" /></>,
  history: <><path d="M2 2v12h12" /><path d="m4.5 10.5 3-3.5 2.5 2 4-5" /></>,
  system: <><rect x="3.5" y="3.5" width="9" height="9" rx="1.8" /><path d="M6.3 1.500v2M9.7 1.500v2M6.3 12.500v2M9.7 12.500v2M1.5 6.300h2M1.5 9.700h2M12.5 6.300h2M12.5 9.700h2" /></>,
  // event kinds
  model_call: <path d="M8 1.8 9.6 6.4 14.2 8 9.6 9.6 8 14.2 6.4 9.6 1.8 8l4.6-1.600z" />,
  tool_call: <path d="M9.9 2.300a3.7 3.7 0 0 0-3.6 5L2 11.6 4.4 14l4.3-4.300a3.7 3.7 0 0 0 5-4.600L11.3 7.5 9 7l-.5-2.300z" />,
  turn: <><path d="M2 4.500h12M2 8h8M2 11.500h10" /></>,
  message: <path d="M2 3h12v8H7l-3 2.700V11H2z" />,
  approval: <><circle cx="8" cy="5.2" r="2.6" /><path d="M2.8 14c.5-3 2.5-4.6 5.2-4.600s4.7 1.6 5.2 4.6" /></>,
  dot: <circle cx="8" cy="8" r="2.2" fill="currentColor" stroke="none" />,
  // actions
  search: <><circle cx="7" cy="7" r="4.7" /><path d="m10.5 10.5 3.5 3.5" /></>,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  chevron: <path d="m6 3.5 4.5 4.500L6 12.5" />,
  down: <path d="m4 6 4 4 4-4" />,
  up: <path d="m4 10 4-4 4 4" />,
  sun: <><circle cx="8" cy="8" r="2.9" /><path d="M8 1.300v1.400M8 13.300v1.400M1.3 8h1.400M13.3 8h1.400M3.3 3.300l1 1M11.7 11.700l1 1M3.3 12.700l1-1M11.7 4.300l1-1" /></>,
  moon: <path d="M13 9.600A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.600Z" />,
  globe: <><circle cx="8" cy="8" r="6.25" /><path d="M1.8 8h12.400M8 1.800c4 3.8 4 8.6 0 12.4-4-3.8-4-8.6 0-12.400Z" /></>,
  out: <><path d="M6.5 2.500h-4v11h4" /><path d="M6 8h8m-3-3 3 3-3 3" /></>,
  copy: <><rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M10.5 2.500h-8v8" /></>,
  download: <path d="M8 2v8m-3.3-3L8 10.3 11.3 7M2.5 13.500h11" />,
  keyboard: <><rect x="1.5" y="3.5" width="13" height="9" rx="1.5" /><path d="M4.5 6.500v.1M7 6.500v.1M9.5 6.500v.1M12 6.500v.1M5 10h6" /></>,
  key: <><circle cx="5.2" cy="10.8" r="3" /><path d="m7.5 8.5 6-6M11 5l2 2" /></>,
  stop: <rect x="3.5" y="3.5" width="9" height="9" rx="1.5" />,
  play: <path d="M5 3.300v9.400L12.500 8z" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
} satisfies Record<string, VNode>;

const kAliases: Record<string, keyof typeof kPaths> = {
  failing: "failed", warning: "critical", error: "failed", timeout: "stale", ok: "passing", cancelled: "offline", running: "working", unset: "dot",
  session: "turn", log: "dot", hook: "dot", workflow: "fleet", sample: "now", job: "stale", retrieval: "search",
};

export type IconName = keyof typeof kPaths;

export function Icon({ name, size = 16 }: { name: string; size?: number }) {
  const key = (name in kPaths ? name : (kAliases[name] ?? "unknown")) as IconName;
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {kPaths[key]}
    </svg>
  );
}

export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#1b2340" />
      <path d="M21.5 18.900A8.4 8.4 0 0 1 13.1 7.600a8.9 8.9 0 1 0 8.4 11.300Z" fill="#f3d68a" />
      <circle cx="22" cy="9.5" r="1.7" fill="#8fb4ff" />
    </svg>
  );
}
