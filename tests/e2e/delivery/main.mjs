// Real servers for the channels: what they got, and what delivery_peer says of it, must agree.
//   node main.mjs <delivery_peer> <work folder>
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { SMTPServer } from "smtp-server";
import { Webhook } from "standardwebhooks";
import { livingMessages } from "./living.mjs";

const [peer, work] = process.argv.slice(2);
const key = readFileSync(join(work, "key.pem"));
const cert = readFileSync(join(work, "cert.pem"));
const subject = "Morgenbericht: zwölf Beiträge, alle draußen 🌙, und nichts ist liegen geblieben seit gestern";
const text = "All twelve posts are out.\n.\nGrüße\n" + "x".repeat(5000);
let passed = 0;
const failures = [];

function check(what, got, expected) {
  if (Object.is(got, expected)) passed++;
  else failures.push(`${what}: got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}

async function deliver(kind, url, target, options, token = "") {
  const folder = mkdtempSync(join(work, "state-"));
  const env = { ...process.env, DELIVERY_TOKEN: token, DELIVERY_SUBJECT: subject, DELIVERY_TEXT: text };
  const args = [folder, kind, url, target, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)];
  const { stdout } = await promisify(execFile)(peer, args, { env });
  return JSON.parse(stdout);
}

const read = (stream) =>
  new Promise((resolve, reject) => {
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("end", () => resolve(Buffer.concat(pieces).toString()));
    stream.on("error", reject);
  });

// An SMTP server that answers the n-th message with answers[n] (an Error, a text, or "silence"), the last one for ever.
async function smtp(answers, options = {}) {
  const mails = [];
  const server = new SMTPServer({
    key,
    cert,
    authMethods: ["PLAIN", "LOGIN"],
    onAuth: ({ username, password }, session, done) =>
      username === "night" && password === "hunter2hunter2" ? done(null, { user: username }) : done(new Error("no")),
    onRcptTo: ({ address }, session, done) =>
      address.startsWith("nobody") ? done(Object.assign(new Error("no such user"), { responseCode: 550 })) : done(),
    async onData(stream, session, done) {
      const raw = await read(stream);
      mails.push({ raw, to: session.envelope.rcptTo.map(({ address }) => address), isSecure: session.secure });
      const answer = answers[Math.min(mails.length, answers.length) - 1];
      if (answer === "silence") return;
      if (answer instanceof Error) done(answer);
      else done(null, answer);
    },
    ...options,
  });
  server.on("error", () => {}); // a client that does not trust us leaves
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { mails, port: server.server.address().port, close: () => new Promise((resolve) => server.close(resolve)) };
}

const login = { from: "night@example.org", user: "night", ca_file: join(work, "cert.pem") };
const refusal = (code, words) => Object.assign(new Error(words), { responseCode: code });

async function mail(name, answers, expected, { server = {}, options = login, token = "hunter2hunter2", to, scheme = "smtp" } = {}) {
  const box = await smtp(answers, server);
  const target = to ?? "ops@example.org, team@example.org";
  const result = await deliver("email", `${scheme}://localhost:${box.port}`, target, options, token);
  await box.close();
  for (const [member, value] of Object.entries(expected)) {
    if (member === "mails") check(`${name}: messages at the server`, box.mails.length, value);
    else if (member === "whyHas") check(`${name}: why`, result.why.includes(value) || result.why, true);
    else check(`${name}: ${member}`, result[member], value);
  }
  return { result, mails: box.mails };
}

const taken = "OK: queued as 4FzXq12Y3z";
const good = await mail("STARTTLS", [taken], { state: "delivered", identifier: "4FzXq12Y3z", proof: "identifier", mails: 1 });
const [head, ...body] = good.mails[0].raw.split("\r\n\r\n");
check("STARTTLS: the session is encrypted", good.mails[0].isSecure, true);
check("STARTTLS: both recipients", good.mails[0].to.join(), "ops@example.org,team@example.org");
check("STARTTLS: the text", Buffer.from(body.join(""), "base64").toString(), text);
const words = [...head.replace(/\r\n /g, " ").match(/^Subject: (.*)$/m)[1].matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)];
check("STARTTLS: the subject", Buffer.concat(words.map(([, word]) => Buffer.from(word, "base64"))).toString(), subject);
check("STARTTLS: Message-ID is the delivery's", head.includes(`Message-ID: <${good.result.id}@example.org>`), true);

await mail("implicit TLS", [taken], { state: "delivered", mails: 1 }, { server: { secure: true }, scheme: "smtps" });
await mail("no queue id", ["fine with me"], { state: "delivered", proof: "answer", mails: 1 });
await mail("greylisted once", [refusal(451, "try again later"), taken], { state: "delivered", attempts: 2, mails: 2 });
await mail("refused message", [refusal(554, "looks like spam")], { state: "failed", attempts: 1, whyHas: "looks like spam" });
await mail("unknown recipient", [taken], { state: "failed", attempts: 1, mails: 0 }, { to: "nobody@example.org" });
await mail("wrong password", [taken], { state: "failed", attempts: 1, mails: 0 }, { token: "wrong-password" });
await mail("no answer", ["silence"], { state: "unknown", attempts: 1, mails: 1, whyHas: "no answer came" });
const open = { server: { hideSTARTTLS: true, authOptional: true }, token: "", options: { from: "night@example.org", tls: "none" } };
await mail("without TLS, asked for", [taken], { state: "delivered", mails: 1 }, open);

// Not trusted, or not encrypted: it is tried again, and nothing is ever handed over.
async function staysQueued(name, server, options) {
  const box = await smtp([taken], server);
  const attempt = deliver("email", `smtp://localhost:${box.port}`, "ops@example.org", options, "hunter2hunter2");
  const outcome = await Promise.race([attempt.catch((error) => error), new Promise((resolve) => setTimeout(resolve, 3000, "waiting"))]);
  check(`${name}: is not settled`, outcome, "waiting");
  check(`${name}: messages at the server`, box.mails.length, 0);
  attempt.catch(() => {});
}
await staysQueued("untrusted certificate", {}, { ...login, ca_file: "" });
await staysQueued("no STARTTLS offered", { hideSTARTTLS: true, authOptional: true }, login);

// The library that receivers use must accept the signature.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const seen = [];
const hook = createServer(async (request, response) => {
  const payload = await read(request);
  try {
    seen.push(new Webhook(secret).verify(payload, request.headers));
  } catch (error) {
    seen.push(error);
  }
  response.writeHead(200, { "Content-Type": "application/json" }).end('{"ticket":{"id":"T-42"}}');
});
await new Promise((resolve) => hook.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${hook.address().port}/in`;
const signed = await deliver("webhook", url, "", { receipt_path: "ticket.id" }, secret);
check("webhook: state", signed.state, "delivered");
check("webhook: identifier", signed.identifier, "T-42");
check("webhook: verified text", seen[0]?.data?.text, text);
hook.close();

// A conversation by mail: an edit is not sent, a reply answers the first message.
{
  const box = await smtp([taken]);
  const folder = mkdtempSync(join(work, "state-"));
  const script = join(folder, "script");
  const thread = "alert-1";
  const lines = [
    { key: "p", thread, subject: "Disk full", text: "93 %" },
    { key: "e", thread, mode: "edit", subject: "Disk full", text: "94 %" },
    { key: "r", thread, mode: "reply", subject: "Disk is well\r\nBcc: all@example.org", text: "60 %" },
  ];
  writeFileSync(script, lines.map((line) => JSON.stringify(line)).join("\n"));
  const env = { ...process.env, DELIVERY_TOKEN: "hunter2hunter2", DELIVERY_SCRIPT: script };
  const options = Object.entries(login).map(([name, value]) => `${name}=${value}`);
  const args = [folder, "email", `smtp://localhost:${box.port}`, "ops@example.org", ...options];
  const { stdout } = await promisify(execFile)(peer, args, { env });
  await box.close();
  const [post, edit, reply] = stdout.trim().split("\n").map(JSON.parse);
  check("mail thread: states", [post, edit, reply].map(({ state }) => state).join(), "delivered,superseded,delivered");
  check("mail thread: messages", box.mails.length, 2);
  const [head, ...body] = box.mails[1].raw.split("\r\n\r\n");
  check("mail thread: the reply's subject", head.match(/^Subject: (.*)$/m)[1], "Re: Disk full");
  check("mail thread: In-Reply-To", head.includes(`In-Reply-To: <${post.id}@example.org>`), true);
  check("mail thread: References", head.includes(`References: <${post.id}@example.org>`), true);
  check("mail thread: no other header", /^Bcc:/m.test(head), false);
  check("mail thread: says what is new", Buffer.from(body.join(""), "base64").toString().startsWith("Disk is well"), true);
}

await livingMessages({ peer, work, check, read, execFile: promisify(execFile), spawn });

for (const failure of failures) console.error(failure);
console.log(`${passed} checks passed, ${failures.length} failed`);
process.exit(failures.length ? 1 : 0);
