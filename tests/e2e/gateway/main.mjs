// Real SDKs, a real Nightshift, two upstreams of which one misbehaves.
//   node main.mjs <nightshift binary> <work folder> [only this SDK, or "behaviour"]
import { Upstream } from "../../peers/upstream/server.mjs";
import { runBehaviour } from "./behaviour.mjs";
import { report } from "./checks.mjs";
import { runMatrix } from "./matrix.mjs";
import { Nightshift } from "./nightshift.mjs";
import { gatewayConfig } from "./routes.mjs";
import { allSdks, kindOf } from "./sdks.mjs";
import { runTranslation } from "./translation.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const [binary, folder, only] = process.argv.slice(2);
const bad = await new Upstream().start();
const good = await new Upstream().start();
const nightshift = await new Nightshift(binary, folder).start(gatewayConfig(kindOf, bad, good), {
  BAD_KEY: "bad-key-0000",
  GOOD_KEY: "good-key-000",
});
const world = {
  nightshift,
  bad,
  good,
  sdks: allSdks(nightshift.url, nightshift.token),
  // The counts of one SDK's routes begin anew; "" means all.
  reset(prefix) {
    bad.reset(prefix);
    good.reset(prefix);
  },
};

try {
  const chosen = Object.keys(kindOf).filter((sdk) => !only || sdk === only);
  // Failures take their time: the SDKs, which have routes of their own, meet them side by side.
  await Promise.all(chosen.map((sdk) => runTranslation(world, sdk).then(() => runMatrix(world, sdk))));
  if (!only || only === "behaviour") await runBehaviour(world);
} finally {
  await nightshift.stop();
  await bad.stop();
  await good.stop();
}
process.exit(report() ? 0 : 1);
