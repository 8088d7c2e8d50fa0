// What may go wrong, what must come of it, and the configuration that lets it happen.

// The first target fails so; the second one answers. Model names are the upstream's words for a failure.
export const beforeContent = ["500", "503", "429", "429ra30", "401", "402", "403", "quota", "missing", "reset", "hang", "lat3000", "garbage", "html", "empty", "errin200"];
export const beforeContentOfStream = ["mid0", "eof0", "stall0", "miderr0", "midgarbage0"];
export const afterContent = ["mid3", "eof3", "stall3", "miderr3", "midgarbage3"];

// Each SDK has routes of its own: a breaker that one of them opened must not decide what another one sees.
export const routeName = (sdk, words) => `${sdk}-${words}`;

const kinds = ["openai", "anthropic", "ollama", "groq", "cerebras"];
const base = (kind, url) => (kind === "anthropic" || kind === "ollama" ? url : `${url}/v1`);

// Who is silent is given up soon; all others may take their time, so that a busy machine is no failure.
const patient = { connect: "10s", first_token: "20s", idle: "20s", answer: "20s" };
const isSilent = (words) => ["hang", "lat3000", "stall0", "stall3"].includes(words);

export function gatewayConfig(kindOf, bad, good) {
  const providers = kinds.flatMap((kind) => [
    { name: `bad-${kind}`, kind, url: base(kind, bad.url), keys: ["${BAD_KEY}"] },
    { name: `good-${kind}`, kind, url: base(kind, good.url), keys: ["${GOOD_KEY}"] },
  ]);
  const routes = [];
  const add = (name, targets) => routes.push({ name, targets });
  for (const [sdk, kind] of Object.entries(kindOf)) {
    const failing = (words) => ({ provider: `bad-${kind}`, model: routeName(sdk, words), window: 8192, ...(isSilent(words) ? {} : { timeouts: patient }) });
    const serving = { provider: `good-${kind}`, model: `${sdk}-good`, window: 128_000, timeouts: patient };
    for (const words of [...beforeContent, ...beforeContentOfStream, ...afterContent, "400", "policy", "gigaline"]) {
      add(routeName(sdk, words), [failing(words), serving]);
    }
    add(routeName(sdk, "400ctx"), [failing("400ctx"), serving]);
    add(routeName(sdk, "small"), [failing("400ctx"), { ...serving, provider: `good-${kind}`, model: `${sdk}-small`, window: 4096 }]);
    add(routeName(sdk, "allbad"), [failing("503"), { ...failing("500"), model: routeName(sdk, "500") }]);
    add(routeName(sdk, "allkeys"), [{ ...failing("401"), model: `${sdk}-k1-401` }, { ...failing("403"), model: `${sdk}-k2-403` }]);
    for (const words of ["plain", "tools", "think", "nousage", "nodone", "itl50-n40", "n200", "endless"]) add(routeName(sdk, words), [{ ...serving, model: routeName(sdk, words) }]);
    for (const other of ["openai", "anthropic", "ollama"]) {
      for (const words of ["plain", "tools", "mid3"]) {
        add(`${sdk}-to-${other}-${words}`, [{ provider: `good-${other}`, model: `${sdk}-to-${other}-${words}`, timeouts: patient }]);
      }
      add(`${sdk}-over-${other}`, [{ ...failing("503"), model: `${sdk}-over-${other}-503` }, { provider: `good-${other}`, model: `${sdk}-over-${other}`, timeouts: patient }]);
    }
  }
  const lone = (name) => add(name, [{ provider: "good-openai", model: name, timeouts: patient }]);
  lone("budget-lat1200");
  lone("cut-n200-itl5");
  lone("loop");
  add("embed", [{ provider: "good-openai", model: "embed" }]);
  add("embed-bad", [{ provider: "bad-openai", model: "embed-503" }, { provider: "good-openai", model: "embed-other" }]);
  return {
    timeouts: { connect: "10s", first_token: "2s", idle: "2s", answer: "2500ms" },
    providers,
    routes,
    limits: [
      { name: "tight", scope: "session", match: "e2e-budget", per: "day", tokens: 3000 },
      { name: "short", scope: "session", match: "e2e-cut", per: "day", tokens: 150 },
    ],
    loops: { response: "stop" },
  };
}
