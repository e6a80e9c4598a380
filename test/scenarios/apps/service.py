"""A Python service. Environment: PORT, MEASURED; LOCK=file taken with fcntl; MODULES=names to import; COMPUTE=rounds of
hashing; BACKEND=host:port tried until it answers, with growing sleeps; CHILD=command run at start; BATCH=seconds a
worker thread still needs when the service stops."""
import fcntl
import hashlib
import importlib
import os
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

env = os.environ


def measure(name, step, before=0):
    began = time.monotonic() - before
    result = step()
    with open(env["MEASURED"], "a") as out:
        out.write(f"{name} {time.monotonic() - began:.6f}\n")
    return result


def reach(backend):
    host, port = backend.split(":")
    pause = 0.2
    while True:
        try:
            return socket.create_connection((host, int(port)), timeout=2)
        except OSError:
            time.sleep(pause)
            pause *= 2


def compute():
    digest = b"start"
    for _ in range(int(env["COMPUTE"])):
        digest = hashlib.sha256(digest * 64).digest()


if "LOCK" in env:
    lock = open(env["LOCK"], "a")
    measure("lock", lambda: fcntl.lockf(lock, fcntl.LOCK_EX))
if "MODULES" in env:
    measure("modules", lambda: [importlib.import_module(m) for m in env["MODULES"].split(",")])
if "COMPUTE" in env:
    compute()
    measure("compute", lambda: None, time.process_time())
if "BACKEND" in env:
    measure("backend", lambda: reach(env["BACKEND"]))
if "CHILD" in env:
    measure("child", lambda: subprocess.run(env["CHILD"], shell=True, capture_output=True))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


stopping = threading.Event()


def batches():
    while not stopping.wait(0.2):
        pass
    time.sleep(float(env["BATCH"]))


worker = None
if "BATCH" in env:
    worker = threading.Thread(target=batches)
    worker.start()
server = ThreadingHTTPServer(("127.0.0.1", int(env["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
if worker:
    stopping.set()
    measure("batch", worker.join)
