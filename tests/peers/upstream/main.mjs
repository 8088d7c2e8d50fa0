// node main.mjs [port]: runs until it is stopped.
import { Upstream } from "./server.mjs";

const upstream = await new Upstream().start(Number(process.argv[2] ?? 0));
console.log(JSON.stringify({ url: upstream.url }));
