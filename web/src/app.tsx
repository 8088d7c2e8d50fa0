import { signal } from "@preact/signals";
import { lazy, Suspense } from "./ui/lazy.tsx";
import { useEffect } from "preact/hooks";
import type { Whoami } from "./api/types.ts";
import { isFleetKnown } from "./live/fleet.ts";
import { details, incidents } from "./live/incidents.ts";
import { urgent } from "./live/urgent.ts";
import { jobPath, navigate, place, type Route } from "./lib/router.ts";
import { isDark, toggleTheme, utc } from "./lib/settings.ts";
import { Fleet } from "./pages/fleet.tsx";
import { Now } from "./pages/now.tsx";
import { SessionPage } from "./pages/session.tsx";
import { AskDialog, Toasts } from "./ui/dialogs.tsx";
import { ConnectionPill, isShownStale, serverVersion, StaleBar } from "./ui/connection.tsx";
import { Icon, Logo } from "./ui/icons.tsx";
import { useKeys } from "./ui/keys.ts";
import { Help, isHelpOpen, isPaletteOpen, Palette, signOut } from "./ui/palette.tsx";

export const me = signal<Whoami | null>(null);

const Alerts = lazy(() => import("./pages/alerts.tsx").then((m) => m.AlertsPage));
const Incident = lazy(() => import("./pages/incident.tsx").then((m) => m.IncidentPage));
const Jobs = lazy(() => import("./pages/jobs.tsx").then((m) => m.JobsPage));
const Job = lazy(() => import("./pages/job.tsx").then((m) => m.JobPage));
const Run = lazy(() => import("./pages/run.tsx").then((m) => m.RunPage));
const Models = lazy(() => import("./pages/models.tsx").then((m) => m.ModelsPage));
const History = lazy(() => import("./pages/history.tsx").then((m) => m.History));
const System = lazy(() => import("./pages/system.tsx").then((m) => m.SystemPage));

const kPages = [
  { page: "now", path: "/", title: "Now", keys: "g n" },
  { page: "alerts", path: "/alerts", title: "Alerts", keys: "g a" },
  { page: "fleet", path: "/fleet", title: "Fleet", keys: "g f" },
  { page: "jobs", path: "/jobs", title: "Jobs", keys: "g j" },
  { page: "models", path: "/models", title: "Models", keys: "g m" },
  { page: "history", path: "/history", title: "History", keys: "g h" },
  { page: "system", path: "/system", title: "System", keys: "g s" },
] as const;

// Under which entry of the rail a page without one of its own is found.
const kParents: Partial<Record<Route["page"], string>> = { incident: "now", session: "fleet", job: "jobs", run: "jobs" };

function Rail() {
  const page = place.value.route.page;
  const { count, worst } = urgent.value;
  return (
    <aside class="rail">
      <a class="brand" href="/" aria-label="Nightshift"><Logo /><span>Nightshift</span></a>
      <nav aria-label="Pages">
        {kPages.map((each) => (
          <a key={each.page} href={each.path} title={each.title} aria-current={page === each.page || kParents[page] === each.page ? "page" : undefined}>
            <Icon name={each.page} />
            <span class="text">{each.title}</span>
            {each.page === "now" && count > 0 ? <span class={`count s-${worst}`} aria-label={`${count} need attention`}>{count}</span> : <kbd>{each.keys}</kbd>}
          </a>
        ))}
      </nav>
      <div class="foot">
        <Preferences />
        <div class="who">{me.value ? `${me.value.name} · ${me.value.tenant}` : ""}<br />{serverVersion.value && `Nightshift ${serverVersion.value}`}</div>
        <NewVersion />
      </div>
    </aside>
  );
}

let firstVersion = "";

// After an upgrade the pages in this tab are the old server's.
function NewVersion() {
  firstVersion ||= serverVersion.value;
  if (serverVersion.value === firstVersion) return null;
  return <button class="button small" onClick={() => location.reload()}>Reload for {serverVersion.value}</button>;
}

function Preferences() {
  return (
    <>
      <button class="button plain" onClick={() => void (utc.value = !utc.value)} title="Times in UTC or in this browser's zone" aria-label={`Times are ${utc.value ? "UTC" : "local"}; switch`}>
        <Icon name="globe" /><span class="text">{utc.value ? "UTC" : "Local time"}</span>
      </button>
      <button class="button plain" onClick={toggleTheme} title="Light or dark" aria-label="Switch between light and dark">
        <Icon name={isDark() ? "sun" : "moon"} /><span class="text">{isDark() ? "Light" : "Dark"}</span>
      </button>
      <button class="button plain" onClick={() => void signOut()} title="Sign out" aria-label="Sign out">
        <Icon name="out" /><span class="text">Sign out</span>
      </button>
    </>
  );
}

const titleOf = (id: string) => incidents.value.get(id)?.title ?? details.value.get(id)?.incident?.title ?? id;

function Crumbs() {
  const { route } = place.value;
  if (route.page === "session") {
    return (
      <div class="crumbs">
        <a href="/fleet?view=sessions">Fleet</a><Icon name="chevron" size={12} /><span class="cut" title={route.id}>{route.id}</span>
      </div>
    );
  }
  if (route.page === "incident") {
    const title = titleOf(route.id);
    return (
      <div class="crumbs">
        <a href="/">Now</a><Icon name="chevron" size={12} /><span class="cut" title={title}>{title}</span>
      </div>
    );
  }
  if (route.page === "job" || route.page === "run") {
    const at = route.page === "run" ? route.id.lastIndexOf("@") : -1;
    const job = route.page === "job" ? route.name : at > 0 ? route.id.slice(0, at) : route.id;
    return (
      <div class="crumbs">
        <a href="/jobs">Jobs</a><Icon name="chevron" size={12} />
        {route.page === "job" ? <span class="cut" title={job}>{job}</span> : <><a class="cut job" href={jobPath(job)} title={job}>{job}</a><Icon name="chevron" size={12} /><span class="cut" title={route.id}>{route.id.slice(at + 1)}</span></>}
      </div>
    );
  }
  return <div class="crumbs"><span>{kPages.find((each) => each.page === route.page)?.title ?? "Nothing here"}</span></div>;
}

function Page() {
  const { route } = place.value;
  switch (route.page) {
    case "now": return <Now />;
    case "alerts": return <Suspense of={Alerts} />;
    case "incident": return <Suspense of={Incident} />;
    case "fleet": return <Fleet />;
    case "session": return <SessionPage key={route.id} id={route.id} />;
    case "jobs": return <Suspense of={Jobs} />;
    case "job": return <Suspense of={Job} />;
    case "run": return <Suspense of={Run} />;
    case "models": return <Suspense of={Models} />;
    case "history": return <Suspense of={History} />;
    case "system": return <Suspense of={System} />;
    case "lost":
      return <main class="page"><div class="empty"><h1>Nothing here</h1><p>There is no page at <code>{route.path}</code>. <a href="/">Go to Now</a></p></div></main>;
  }
}

export function App() {
  const { route } = place.value;
  useKeys({
    "g n": () => navigate("/"),
    "g a": () => navigate("/alerts"),
    "g f": () => navigate("/fleet"),
    "g j": () => navigate("/jobs"),
    "g m": () => navigate("/models"),
    "g h": () => navigate("/history"),
    "g s": () => navigate("/system"),
    "mod+k": () => void (isPaletteOpen.value = !isPaletteOpen.value),
    "?": () => void (isHelpOpen.value = true),
    "/": () => document.querySelector<HTMLInputElement>("[data-filter]")?.focus(),
  });
  const incidentTitle = route.page === "incident" ? titleOf(route.id) : "";
  useEffect(() => {
    const title = route.page === "incident" ? incidentTitle : route.page === "session" || route.page === "run" ? route.id : route.page === "job" ? route.name : (kPages.find((each) => each.page === route.page)?.title ?? "");
    document.title = title ? `${title} · Nightshift` : "Nightshift";
  }, [route, incidentTitle]);
  const isStale = isFleetKnown.value && isShownStale.value;
  const isMac = navigator.platform.startsWith("Mac");
  return (
    <div class={`shell${isStale ? " is-stale" : ""}`}>
      <Rail />
      <div class="main">
        <header class="top">
          <a class="brand" href="/" aria-label="Nightshift"><Logo /><span>Nightshift</span></a>
          <Crumbs />
          <button class="button search push" onClick={() => void (isPaletteOpen.value = true)} aria-label="Go to anything">
            <Icon name="search" size={14} /><span class="text">Go to anything</span><kbd>{isMac ? "⌘K" : "Ctrl K"}</kbd>
          </button>
          <ConnectionPill />
        </header>
        <StaleBar />
        <Page />
      </div>
      <Palette />
      <Help />
      <AskDialog />
      <Toasts />
    </div>
  );
}
