"""A web server on loopback that does what jobs ask of it and remembers every request."""
import http.server
import json
import threading


class Request:
    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class Peer:
    """POST /publish adds a post, GET /posts lists them, POST /hook answers with the id of what it took."""

    def __init__(self):
        self.requests = []
        self.posts = []
        self.lock = threading.Lock()
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                with peer.lock:
                    peer.requests.append(Request(self.command, self.path, dict(self.headers), body))
                    self.answer(*peer.act(self.command, self.path, body))

            do_GET = do_POST = take

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def act(self, method, path, body):
        if (method, path) == ("POST", "/publish"):
            self.posts.append(json.loads(body))
            return 201, {"state": "published"}
        if (method, path) == ("GET", "/posts"):
            return 200, {"posts": self.posts}
        if (method, path) == ("POST", "/hook"):
            return 200, {"ticket": {"id": f"ticket-{len(self.seen('/hook'))}"}}
        return 404, {"error": "there is nothing here"}

    def seen(self, path):
        return [request for request in self.requests if request.path == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
