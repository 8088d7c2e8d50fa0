// Every SDK against providers of other dialects: text, tools, usage and failures arrive as its own.
import { check, checkThat } from "./checks.mjs";

const goodText = "word0 word1 word2 word3 word4 ";
const call = { name: "look", arguments: { at: "sky" } };
const canTranslate = (sdk) => sdk !== "responses";

// It reads the usage of a stream from a field that only Groq sends.
const readsUsage = (sdk, stream) => !(sdk === "vercelgroq" && stream);

async function compare(world, sdk, other, stream) {
  const name = `${sdk} to ${other} ${stream ? "streamed" : "whole"}`;
  const ask = world.sdks[sdk];
  const plain = await ask(`${sdk}-to-${other}-plain`, { stream });
  check(`${name}: text`, plain.text, goodText);
  if (readsUsage(sdk, stream)) check(`${name}: usage`, plain.usage, [20, 5]);
  if (!canTranslate(sdk)) return;
  const tools = await ask(`${sdk}-to-${other}-tools`, { stream, tools: true });
  check(`${name}: tool calls`, tools.toolCalls, [call]);
  checkThat(`${name}: finish`, /tool/.test(tools.finish) || sdk === "ollama", tools.finish);
}

export async function runTranslation(world, sdk) {
  const ask = world.sdks[sdk];
  for (const other of canTranslate(sdk) ? ["openai", "anthropic", "ollama"] : ["openai"]) {
    for (const stream of [false, true]) {
      await compare(world, sdk, other, stream).catch((error) => checkThat(`${sdk} to ${other}`, false, String(error.stack ?? error)));
    }
    const over = await ask(`${sdk}-over-${other}`, { stream: true }).catch((error) => ({ text: String(error) }));
    check(`${sdk} falls back from its own dialect to ${other}`, over.text, goodText);
    const cut = await ask(`${sdk}-to-${other}-mid3`, { stream: true }).then(() => "took it for an answer", () => "was told");
    check(`${sdk} to ${other}: a cut stream`, cut, "was told");
  }
}
