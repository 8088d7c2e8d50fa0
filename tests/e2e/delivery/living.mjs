// Living messages against providers that keep what they were sent, as Telegram, Discord and PagerDuty do: what
// people see there in the end, and what delivery_peer says of it, must agree, also when it is killed in between.
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const thread = "alert-1";

// A provider with `answer(request)`, which returns [status, object] or "silence".
async function provider(read, answer) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse((await read(request)) || "null");
    const seen = { method: request.method, url: request.url, body };
    requests.push(seen);
    server.emit("seen", seen);
    const said = answer(seen);
    if (said === "silence") return;
    response.writeHead(said[0], { "Content-Type": "application/json" }).end(JSON.stringify(said[1]));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { server, requests, url: `http://127.0.0.1:${server.address().port}`, close };
}

// Messages by id, as a chat shows them.
function telegram() {
  const shown = new Map();
  const refusals = [];
  let last = 100;
  const answer = ({ url, body }) => {
    const refusal = refusals.shift();
    if (refusal === "silence") return refusal;
    if (refusal) return [400, { ok: false, error_code: 400, description: `Bad Request: ${refusal}` }];
    const id = url.endsWith("/editMessageText") ? body.message_id : ++last;
    if (url.endsWith("/editMessageText") && !shown.has(id))
      return [400, { ok: false, error_code: 400, description: "Bad Request: message to edit not found" }];
    shown.set(id, { text: body.text, answers: body.reply_parameters?.message_id, buttons: body.reply_markup });
    return [200, { ok: true, result: { message_id: id, chat: { id: 5 } } }];
  };
  return { shown, refusals, answer };
}

export async function livingMessages({ peer, work, check, read, execFile, spawn }) {
  const token = "123456:AAH-secret-token-of-the-bot";
  const newFolder = () => mkdtempSync(join(work, "state-"));
  const environment = (folder, lines) => {
    const script = join(folder, "script");
    writeFileSync(script, lines.map((line) => JSON.stringify(line)).join("\n"));
    return { ...process.env, DELIVERY_TOKEN: token, DELIVERY_SCRIPT: script };
  };
  const play = async (folder, kind, url, lines) => {
    const { stdout } = await execFile(peer, [folder, kind, url, "5"], { env: environment(folder, lines) });
    return Object.fromEntries(stdout.trim().split("\n").map(JSON.parse).map((each) => [each.key, each]));
  };
  const post = { key: "p", thread, text: "Disk full: 93 %", link: "https://night.example/a" };
  const edit = (key, text) => ({ key, thread, mode: "edit", text });
  const reply = { key: "r", thread, mode: "reply", text: "It is over" };
  const pause = { wait: "all" };

  {
    const chat = telegram();
    const server = await provider(read, chat.answer);
    const done = await play(newFolder(), "telegram", server.url, [post, pause, edit("e", "94 %"), pause, reply]);
    const [first, second] = chat.shown.values();
    check("telegram: messages in the chat", chat.shown.size, 2);
    check("telegram: the message says", first.text, "94 %");
    check("telegram: the reply answers it", second.answers, 101);
    check("telegram: the edit's receipt", done.e.identifier, "101");
    check("telegram: the post's button", server.requests[0].body.reply_markup.inline_keyboard[0][0].text, "Acknowledge");
    await server.close();
  }
  {
    // While the post is under way edits pile up: the newest stands for them.
    const chat = telegram();
    const server = await provider(read, chat.answer);
    const edits = Array.from({ length: 20 }, (_, i) => edit(`e${i}`, `${i} %`));
    const done = await play(newFolder(), "telegram", server.url, [post, ...edits, reply]);
    check("flood: requests", server.requests.length < 6, true);
    check("flood: the message says", [...chat.shown.values()][0].text, "19 %");
    check("flood: the newest", done.e19.state, "delivered");
    check("flood: an older one", done.e17.state, "superseded");
    check("flood: the reply", done.r.state, "delivered");
    await server.close();
  }
  {
    const chat = telegram();
    const server = await provider(read, chat.answer);
    const folder = newFolder();
    await play(folder, "telegram", server.url, [post]);
    chat.shown.clear(); // somebody deletes it
    const done = await play(folder, "telegram", server.url, [edit("e", "94 %"), pause, edit("f", "95 %")]);
    check("deleted: made anew", done.e.identifier, "102");
    check("deleted: and edited from then on", done.f.identifier, "102");
    check("deleted: the message says", [...chat.shown.values()].map(({ text }) => text).join(), "95 %");
    chat.shown.clear();
    const refused = await play(folder, "telegram", server.url, [edit("g", "96 %")]);
    check("deleted again: state", refused.g.state, "failed");
    check("deleted again: messages in the chat", chat.shown.size, 0);
    await server.close();
  }
  {
    // Killed while the provider has an edit and has not answered: the edit is sent again, and no second message.
    const chat = telegram();
    const server = await provider(read, chat.answer);
    const folder = newFolder();
    await play(folder, "telegram", server.url, [post]);
    chat.refusals.push("silence");
    const seen = once(server.server, "seen");
    const child = spawn(peer, [folder, "telegram", server.url, "5"], { env: environment(folder, [edit("e", "94 %")]) });
    await seen;
    child.kill("SIGKILL");
    await once(child, "exit");
    const done = await play(folder, "telegram", server.url, [edit("f", "95 %"), reply]);
    check("killed: the edit under way", done.e.state, "delivered");
    check("killed: its attempts", done.e.attempts, 2);
    check("killed: messages in the chat", chat.shown.size, 2);
    check("killed: the message says", [...chat.shown.values()][0].text, "95 %");
    await server.close();
  }
  {
    const incidents = new Map();
    const server = await provider(read, ({ body }) => {
      incidents.set(body.dedup_key, body.event_action);
      return [202, { status: "success", message: "Event processed", dedup_key: body.dedup_key }];
    });
    const over = { ...reply, resolution: "true" };
    const lines = [{ ...post, severity: "critical", payload: '{"value":93}' }, pause, edit("e", "94 %"), pause, over];
    const done = await play(newFolder(), "pagerduty", server.url, lines);
    check("pagerduty: incidents", incidents.size, 1);
    check("pagerduty: in the end", [...incidents.values()][0], "resolve");
    check("pagerduty: actions", server.requests.map(({ body }) => body.event_action).join(), "trigger,trigger,resolve");
    check("pagerduty: severity", server.requests[0].body.payload.severity, "critical");
    check("pagerduty: details", server.requests[0].body.payload.custom_details.value, 93);
    check("pagerduty: path", server.requests[0].url, "/v2/enqueue");
    check("pagerduty: receipt", incidents.has(done.r.identifier), true);
    await server.close();
  }
}
