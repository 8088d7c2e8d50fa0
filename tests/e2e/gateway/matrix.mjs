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

const statusOf = (error) => error?.status ?? error?.statusCode ?? error?.status_code ?? error?.cause?.status ?? error?.lastError?.statusCode;

// One failure of the first target: the second one answers, and was asked once.
async function fallsBack(world, sdk, words, stream) {
  const name = `${sdk} ${stream ? "streamed" : "whole"} ${words}`;
  const model = routeName(sdk, words);
  world.reset(`${sdk}-`);
  const { result, error } = await outcome(world.sdks[sdk](model, { stream }));
  check(`${name}: text`, result?.text ?? `threw ${error}`, goodText);
  // A connection that was kept open and breaks at once is not the target's answer: that try does not count.
  const triesMax = words === "reset" ? 4 : 2;
  const tries = world.bad.of(model).requests;
  checkThat(`${name}: the failing target is asked at most ${triesMax} times`, tries <= triesMax, `got ${tries}`);
  check(`${name}: the good target is asked once`, world.good.of(`${sdk}-good`).requests, 1);
}

async function breaksOff(world, sdk, words) {
  const name = `${sdk} streamed ${words}`;
  world.reset(`${sdk}-`);
  let heard = 0;
  const { result, error } = await outcome(world.sdks[sdk](routeName(sdk, words), { stream: true, on: ({ chunks }) => (heard = chunks) }));
  checkThat(`${name}: the client is told`, error !== undefined, `it took a cut stream for an answer: ${JSON.stringify(result)}`);
  checkThat(`${name}: the client had what was sent`, heard >= 1 && heard <= 3, `${heard} chunks`);
  check(`${name}: nobody else is asked after the commit`, world.good.of(`${sdk}-good`).requests, 0);
}

async function refuses(world, sdk, words, stream) {
  const name = `${sdk} ${stream ? "streamed" : "whole"} ${words}`;
  world.reset(`${sdk}-`);
  const { result, error } = await outcome(world.sdks[sdk](routeName(sdk, words), { stream }));
  checkThat(`${name}: the caller's error reaches the caller`, error !== undefined, result);
  check(`${name}: status`, statusOf(error), 400);
  check(`${name}: asked once`, world.bad.of(routeName(sdk, words)).requests, 1);
  check(`${name}: never replayed`, world.good.of(`${sdk}-good`).requests, 0);
}

async function exhausts(world, sdk) {
  world.reset(`${sdk}-`);
  const { error } = await outcome(world.sdks[sdk](routeName(sdk, "allbad"), {}));
  checkThat(`${sdk}: all targets fail`, error !== undefined);
  checkThat(`${sdk}: status when all fail`, [502, 503].includes(statusOf(error)), `${statusOf(error)} ${error}`);
  const asked = world.bad.of(routeName(sdk, "503")).requests + world.bad.of(routeName(sdk, "500")).requests;
  // Two targets, each asked twice at most. These two try all of it again, whatever x-should-retry says (sdks.mjs).
  const askedMax = 4 * (sdk.startsWith("vercel") ? 3 : sdk === "langchain" ? 2 : 1);
  checkThat(`${sdk}: the SDK does not multiply the outage`, asked <= askedMax, `${asked} requests reached the upstream`);

  world.reset(`${sdk}-`);
  const keys = await outcome(world.sdks[sdk](routeName(sdk, "allkeys"), {}));
  check(`${sdk}: bad provider keys are not the client's`, statusOf(keys.error), 502);

  world.reset(`${sdk}-`);
  const small = await outcome(world.sdks[sdk](routeName(sdk, "small"), {}));
  check(`${sdk}: a context too long for all`, statusOf(small.error), 400);
  check(`${sdk}: a smaller window is not asked`, world.good.of(`${sdk}-small`).requests, 0);
}

export async function runMatrix(world, sdk) {
  for (const stream of [false, true]) {
    const failures = stream ? [...beforeContent, ...beforeContentOfStream, "gigaline"] : beforeContent;
    // A rate limit that the first call met keeps later ones away from that target: they go to the good one at once.
    for (const words of failures) await fallsBack(world, sdk, words, stream);
    await fallsBack(world, sdk, "400ctx", stream);
    for (const words of ["400", "policy"]) await refuses(world, sdk, words, stream);
  }
  for (const words of afterContent) await breaksOff(world, sdk, words);
  await exhausts(world, sdk);
}
