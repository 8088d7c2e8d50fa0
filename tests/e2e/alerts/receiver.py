"""Those who are told, on loopback: a webhook, an Alertmanager receiver, a webhook that refuses everything, and Telegram."""
import http.server
import json
import threading


class Message:
    """One request, as its receiver understood it."""

    def __init__(self, path, headers, body):
        self.path = path
        self.id = headers.get("webhook-id", "")
        self.body = json.loads(body)
        self.data = self.body.get("data", {})

    def __repr__(self):
        return f"{self.path} {json.dumps(self.body)[:600]}"


class Receiver:
    def __init__(self):
        self.messages = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                message = Message(self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                with receiver.lock:
                    receiver.messages.append(message)
                    status, value = receiver.answer(message, len(receiver.messages))
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def answer(message, number):
        if message.path == "/broken":
            return 400, {"error": "this channel takes nothing"}
        if message.path.startswith("/bot"):
            return 200, {"ok": True, "result": {"message_id": message.body.get("message_id", number), "chat": {"id": message.body["chat_id"]}}}
        return 200, {}

    def seen(self, path, *words):
        """What came there, oldest first, and holds all the words."""
        with self.lock:
            return [each for each in self.messages if each.path == path and all(word in json.dumps(each.body) for word in words)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
