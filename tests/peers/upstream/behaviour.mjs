// What a model's name asks for: "bad-mid3-itl20" → { mid: 3, itl: 20 }.
const counted = ["lat", "mid", "eof", "stall", "miderr", "midgarbage", "n", "itl", "flaky", "429ra"];
const plain = [
  "500", "503", "529", "401", "402", "403", "404", "429", "400", "400ctx", "quota", "policy", "missing", "hang", "reset", "garbage", "html",
  "empty", "errin200", "tools", "think", "nousage", "nodone", "gigaline", "endless",
];

export function behaviourOf(model) {
  const behaviour = { n: 5, itl: 0, lat: 0 };
  for (const word of model.split("-")) {
    if (plain.includes(word)) behaviour[word] = true;
    for (const name of counted) {
      const digits = word.startsWith(name) ? word.slice(name.length) : "";
      if (/^\d+$/.test(digits)) behaviour[name] = Number(digits);
    }
  }
  return behaviour;
}

// The failure that is told with a status, or nothing.
export function refusalOf(behaviour) {
  const headers = {};
  if (behaviour["429ra"] !== undefined) {
    return { status: 429, kind: "rate", headers: { "retry-after": String(behaviour["429ra"]) } };
  }
  if (behaviour["429"]) return { status: 429, kind: "rate", headers };
  if (behaviour.quota) return { status: 429, kind: "quota", headers };
  if (behaviour["400ctx"]) return { status: 400, kind: "context", headers };
  if (behaviour.policy) return { status: 400, kind: "policy", headers };
  if (behaviour.missing) return { status: 404, kind: "missing", headers };
  for (const status of ["500", "503", "529", "401", "402", "403", "404", "400"]) {
    if (behaviour[status]) return { status: Number(status), kind: "plain", headers };
  }
  return undefined;
}

export const inputTokens = 20;
export const words = (count) => Array.from({ length: count }, (_, i) => `word${i} `);
