import { signal } from "@preact/signals";
import { render } from "preact";
import { api, ApiError } from "./api/client.ts";
import { App, me } from "./app.tsx";
import { signedOut, startLive, stopLive } from "./live/client.ts";
import { startFleet } from "./live/fleet.ts";
import { startIncidents } from "./live/incidents.ts";
import { startUrgent } from "./live/urgent.ts";
import { startClock } from "./lib/clock.ts";
import { startRouter } from "./lib/router.ts";
import { startSettings } from "./lib/settings.ts";
import { Login } from "./pages/login.tsx";
import { messageOf } from "./ui/dialogs.tsx";
import { startKeys } from "./ui/keys.ts";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/pages.css";
import "./styles/incidents.css";

const gate = signal<"asking" | "in" | "out">("asking");
let loginError = "";
let hasFleet = false;

function Root() {
  if (signedOut.value && gate.peek() === "in") queueMicrotask(leave);
  if (gate.value === "in") return <App />;
  return gate.value === "out" ? <Login onDone={() => void enter()} firstError={loginError} /> : null;
}

function leave(): void {
  stopLive();
  gate.value = "out";
}

async function enter(): Promise<void> {
  try {
    me.value = await api.whoami();
  } catch (error) {
    // Away is not signed out: the pages say that themselves, and the live connection keeps trying.
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      gate.value = "out";
      return;
    }
  }
  signedOut.value = false;
  if (!hasFleet) {
    startFleet();
    startIncidents();
    startUrgent();
  }
  hasFleet = true;
  startLive();
  gate.value = "in";
}

// `/#token=…` signs in; the token leaves the address at once, before anything else can see it.
async function useTokenFromFragment(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await api.login(token);
  } catch (error) {
    loginError = error instanceof ApiError && error.status === 401 ? "Nightshift does not know the token in this link." : messageOf(error);
  }
}

startSettings();
startClock();
startRouter();
startKeys();
render(<Root />, document.getElementById("app") as HTMLElement);
await useTokenFromFragment();
await enter();
