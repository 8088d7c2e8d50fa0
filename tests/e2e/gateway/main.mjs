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
  reset() {
    bad.reset();
    good.reset();
  },
};

try {
  if (only !== "behaviour") {
    await runTranslation(world, only);
    await runMatrix(world, only);
  }
  if (!only || only === "behaviour") await runBehaviour(world);
} finally {
  await nightshift.stop();
  await bad.stop();
  await good.stop();
}
process.exit(report() ? 0 : 1);
