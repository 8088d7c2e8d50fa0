// Every exporter of OTLP over HTTP: JSON and protobuf, plain and gzip. The SDK sends chunked bodies.
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraces } from "@opentelemetry/exporter-trace-otlp-proto";

function all(signal, classes, base, token) {
  const exporters = [];
  for (const [encoding, Exporter] of Object.entries(classes)) {
    for (const compression of ["none", "gzip"]) {
      const exporter = new Exporter({ url: `${base}/v1/${signal}`, headers: { authorization: `Bearer ${token}` }, compression });
      exporters.push([`${signal}-${encoding}-${compression}`, exporter]);
    }
  }
  return exporters;
}

export const traceExporters = (base, token) => all("traces", { json: JsonTraces, proto: ProtoTraces }, base, token);
export const logExporters = (base, token) => all("logs", { json: JsonLogs, proto: ProtoLogs }, base, token);
export const metricExporters = (base, token) => all("metrics", { json: JsonMetrics, proto: ProtoMetrics }, base, token);
