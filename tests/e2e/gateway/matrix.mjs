// The failure matrix: every SDK, every failure, streamed and not.
import { check, checkThat } from "./checks.mjs";
import { afterContent, beforeContent, beforeContentOfStream, routeName } from "./routes.mjs";

const goodText = "word0 word1 word2 word3 word4 ";

async function outcome(promise) {
  try {
    return { result: await promise };
  } catch (error) {
    return { error };
  }
}

const statusOf = (error) => error?.status ?? error?.statusCode ?? error?.status_code ?? error?.lc_error_code ?? error?.lastError?.statusCode;

// One failure of the first target: the second one answers, and was asked once.
async function fallsBack(world, sdk, words, stream) {
  const name = `${sdk} ${stream ? "streamed" : "whole"} ${words}`;
  const model = routeName(sdk, words);
  world.reset();
  const { result, error } = await outcome(world.sdks[sdk](model, { stream }));
  check(`${name}: text`, result?.text ?? `threw ${error}`, goodText);
  const bad = world.bad.of(model).requests;
  checkThat(`${name}: the failing target is asked at most twice`, bad <= 2, `got ${bad}`);
  check(`${name}: the good target is asked once`, world.good.of(`${sdk}-good`).requests, 1);
}

async function breaksOff(world, sdk, words) {
  const name = `${sdk} streamed ${words}`;
  world.reset();
  let heard = 0;
  const { result, error } = await outcome(world.sdks[sdk](routeName(sdk, words), { stream: true, on: ({ chunks }) => (heard = chunks) }));
  checkThat(`${name}: the client is told`, error !== undefined, `it took a cut stream for an answer: ${JSON.stringify(result)}`);
  checkThat(`${name}: the client had what was sent`, heard >= 1 && heard <= 3, `${heard} chunks`);
  check(`${name}: nobody else is asked after the commit`, world.good.of(`${sdk}-good`).requests, 0);
}

async function refuses(world, sdk, words, stream) {
  const name = `${sdk} ${stream ? "streamed" : "whole"} ${words}`;
  world.reset();
  const { result, error } = await outcome(world.sdks[sdk](routeName(sdk, words), { stream }));
  checkThat(`${name}: the caller's error reaches the caller`, error !== undefined, result);
  check(`${name}: status`, statusOf(error), 400);
  check(`${name}: asked once`, world.bad.of(routeName(sdk, words)).requests, 1);
  check(`${name}: never replayed`, world.good.of(`${sdk}-good`).requests, 0);
}

async function exhausts(world, sdk) {
  world.reset();
  const { error } = await outcome(world.sdks[sdk](routeName(sdk, "allbad"), {}));
  checkThat(`${sdk}: all targets fail`, error !== undefined);
  checkThat(`${sdk}: status when all fail`, [502, 503].includes(statusOf(error)), `${statusOf(error)} ${error}`);
  const asked = Object.values(world.bad.stats()).reduce((sum, { requests }) => sum + requests, 0);
  checkThat(`${sdk}: the SDK does not multiply the outage`, asked <= 4, `${asked} requests reached the upstream`);

  world.reset();
  const keys = await outcome(world.sdks[sdk](routeName(sdk, "allkeys"), {}));
  check(`${sdk}: bad provider keys are not the client's`, statusOf(keys.error), 502);

  world.reset();
  const small = await outcome(world.sdks[sdk](routeName(sdk, "small"), {}));
  check(`${sdk}: a context too long for all`, statusOf(small.error), 400);
  check(`${sdk}: a smaller window is not asked`, world.good.of(`${sdk}-small`).requests, 0);
}

export async function runMatrix(world, only) {
  for (const sdk of Object.keys(world.sdks)) {
    if (only && !sdk.includes(only)) continue;
    for (const stream of [false, true]) {
      const failures = stream ? [...beforeContent, ...beforeContentOfStream, "gigaline"] : beforeContent;
      // A rate limit of the first call keeps the target out of the second: streamed calls skip it, and that is right too.
      for (const words of failures) await fallsBack(world, sdk, words, stream);
      await fallsBack(world, sdk, "400ctx", stream);
      for (const words of ["400", "policy"]) await refuses(world, sdk, words, stream);
    }
    for (const words of afterContent) await breaksOff(world, sdk, words);
    await exhausts(world, sdk);
  }
}
