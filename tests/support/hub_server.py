"""A hub on 127.0.0.1 for tests: the interface of src/hub/repo.h, and faults on demand.

usage: hub_server.py FOLDER PORTFILE LOG
FOLDER/ORG/NAME/... are the files of models, FOLDER/datasets/ORG/NAME/... of data sets; a file FOLDER/ORG/NAME/.faults
holds words: cut=N (every answer with contents ends after N bytes), busy=N (the first N answers are 503), norange (parts
are not sent), lie (contents are changed), private (401 without "Bearer secret"), evil (a path that leads out), slow
(contents at about 200 KB/s). Files of 1000 bytes or more are "LFS": redirected to a second address, which must not see
the token. The request lines go to LOG, with the range and whether a token came.
"""
import hashlib
import http.server
import json
import os
import sys
import threading
import time

folder, portfile, log_path = sys.argv[1:4]
lock, busy = threading.Lock(), {}


def faults(repo):
    try:
        with open(os.path.join(folder, repo, ".faults")) as f:
            return dict((w.split("=") + [""])[:2] for w in f.read().split())
    except OSError:
        return {}


def files(repo):
    root = os.path.join(folder, repo)
    found = []
    for at, _, names in os.walk(root):
        for name in names:
            if name != ".faults":
                found.append(os.path.relpath(os.path.join(at, name), root))
    return sorted(found)


def entry(repo, path):
    with open(os.path.join(folder, repo, path), "rb") as f:
        data = f.read()
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    e = {"type": "file", "path": path, "size": len(data), "oid": git}
    if len(data) >= 1000:
        e["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return e


def commit(repo):
    return hashlib.sha1(json.dumps([entry(repo, p) for p in files(repo)]).encode()).hexdigest()


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def contents(self, repo, path):
        f, start, code, headers = faults(repo), 0, 200, {}
        with open(os.path.join(folder, repo, path), "rb") as file:
            data = file.read()
        if "lie" in f:
            data = data[:-1] + bytes([data[-1] ^ 1])
        total, asked = len(data), self.headers.get("Range")
        if asked and "norange" not in f:
            start, code = int(asked.split("=")[1].split("-")[0]), 206
            if start >= total:
                return self.answer(416)
            headers["Content_Range"] = f"bytes {start}-{total - 1}/{total}"
        data = data[start:]
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if "slow" in f:
            for i in range(0, len(data), 20000):
                self.wfile.write(data[i:i + 20000])
                self.wfile.flush()
                time.sleep(0.1)
            return
        if "cut" in f and len(data) > int(f["cut"]):
            self.wfile.write(data[:int(f["cut"])])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(data)

    def do_GET(self):
        try:
            self.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def serve(self):
        url, _, query = self.path.partition("?")
        parts = [p.replace("%20", " ").replace("%2F", "/") for p in url.strip("/").split("/")]
        second = self.server is store
        with lock, open(log_path, "a") as log:
            log.write(f"{'store' if second else 'hub'} {self.path} range={self.headers.get('Range')} "
                      f"token={'yes' if self.headers.get('Authorization') else 'no'}\n")
        if parts[:2] == ["api", "datasets"]:
            repo, rest = "/".join(["datasets"] + parts[2:4]), parts[4:]
        elif parts[0] == "api":
            repo, rest = "/".join(parts[2:4]), parts[4:]
        elif parts[0] == "datasets":
            repo, rest = "/".join(parts[:3]), parts[3:]
        else:
            repo, rest = "/".join(parts[:2]), parts[2:]
        f = faults(repo)
        with lock:
            left = busy.setdefault(repo, int(f.get("busy", 0)))
            busy[repo] = max(0, left - 1)
        if left > 0:
            return self.answer(503)
        if not os.path.isdir(os.path.join(folder, repo)):
            return self.answer(404)
        if "private" in f and not second and self.headers.get("Authorization") != "Bearer secret":
            return self.answer(401)
        if rest[0] == "revision":
            if rest[1] != "main" and rest[1] != commit(repo):
                return self.answer(404)
            return self.answer(200, json.dumps({"sha": commit(repo)}).encode())
        if rest[0] == "tree":
            return self.tree(repo, query, f)
        path = "/".join(rest[2:])
        if not os.path.isfile(os.path.join(folder, repo, path)) or rest[1] != commit(repo):
            return self.answer(404)
        if not second and os.path.getsize(os.path.join(folder, repo, path)) >= 1000:
            return self.answer(302, Location=f"http://127.0.0.1:{store.server_port}{self.path}")
        return self.contents(repo, path)

    def tree(self, repo, query, f):
        """Two entries a page."""
        listed = [entry(repo, p) for p in files(repo)] + [{"type": "directory", "path": "x", "oid": "0" * 40, "size": 0}]
        if "evil" in f:
            listed.append({"type": "file", "path": "../../../evil", "size": 1, "oid": "0" * 40})
        at = int(dict(p.split("=") for p in query.split("&")).get("at", 0))
        headers = {}
        if at + 2 < len(listed):
            here = f"http://127.0.0.1:{self.server.server_port}{self.path.split('?')[0]}"
            headers["Link"] = f'<{here}?recursive=true&at={at + 2}>; rel="next"'
        self.answer(200, json.dumps(listed[at:at + 2]).encode(), **headers)


hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=store.serve_forever, daemon=True).start()
with open(portfile + ".tmp", "w") as f:
    f.write(str(hub.server_port))
os.rename(portfile + ".tmp", portfile)
hub.serve_forever()
