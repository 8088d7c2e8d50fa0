// The peer: uWebSockets.js, each event published to all as it comes, as its own examples do it.
// Environment: PORT, RATE (events a second), SIZE (bytes of an event), SNAPSHOT (bytes sent to each new client).
'use strict';
const uws = require('@trufflesuite/uws-js-unofficial/binaries/uws_linux_x64_115.node');

const port = Number(process.env.PORT || 9101);
const rate = Number(process.env.RATE || 100);
const size = Number(process.env.SIZE || 300);
const snapshot = Buffer.alloc(Number(process.env.SNAPSHOT || 20000), 's');
const clients = new Set();

const app = uws.App({});
app.ws('/api/v1/live', {
  maxBackpressure: 1 << 20,
  idleTimeout: 0,
  open: (socket) => {
    clients.add(socket);
    socket.subscribe('events');
    socket.send(snapshot, false);
  },
  close: (socket) => clients.delete(socket),
  message: () => {},
});
app.get('/drop', (response) => {
  const count = clients.size;
  for (const socket of [...clients]) socket.close();
  response.end(String(count));
});
app.get('/stat', (response) => {
  const { user, system } = process.cpuUsage();
  response.end(JSON.stringify({ cpu_us: user + system, rss: process.memoryUsage().rss, clients: clients.size }));
});
app.listen(port, () => {});

const pad = 'x'.repeat(Math.max(0, size - 48));
let sequence = 0;
// An event carries the time at which it was due, so that a server that comes late to publish does not look fast.
const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
const dueNs = (ms) => Math.round((ms + offset) * 1e6);
let next = performance.now();
setInterval(() => {
  const now = performance.now();
  if (now - next > 500) next = now;
  for (; next <= now; next += 1000 / rate) {
    app.publish('events', `{"t":${dueNs(next)},"s":${sequence++},"p":"${pad}"}`, false);
  }
}, 5);
