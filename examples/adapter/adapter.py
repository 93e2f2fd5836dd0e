#!/usr/bin/env python3
"""A front end of others that knows nothing of telephones: it asks Rappel for a callback over HTTP,
and follows it by webhooks until it has ended. Python 3 alone, nothing to install.

    RAPPEL_TOKEN=… RAPPEL_SECRET=whsec_… ./adapter.py --api http://127.0.0.1:8080 \
        --listen 127.0.0.1:9000 --case case-7 +33612345678

The engine's file says, beside [http] and a [[token]] with role = "supervisor":

    [[webhook]]
    name = "adapter"
    url = "http://127.0.0.1:9000/rappel"
    secret_file = "/etc/rappel/adapter.secret"
    facts = ["callback_requested", "offered", "dial_started", "bridged", "request_closed"]

What a front end must do, and what this shows:
  - ask with a key of its own (here the case), so that asking again after a doubt asks once;
  - believe a webhook only with its signature, and only when it is fresh;
  - take the same event twice as once: the id says which it is.
"""

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import os
import queue
import sys
import threading
import time
import urllib.error
import urllib.request

FRESH_SECONDS = 300
TRIES = 5

# No proxy: the engine is near.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(api, token, number, case):
    """Asks for a callback. In doubt whether it was taken, it is asked for again with the same key."""
    wish = {"number": number, "origin": "chat", "tags": [case]}
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": case,
    }
    for attempt in range(TRIES):
        request = urllib.request.Request(
            f"{api}/callbacks", data=json.dumps(wish).encode(), headers=headers, method="POST"
        )
        try:
            with OPENER.open(request, timeout=15) as answer:
                return json.load(answer)["id"]
        except urllib.error.HTTPError as refused:
            problem = json.load(refused)
            if refused.code not in (429, 503, 504):
                sys.exit(f"not taken: {problem['detail']} ({problem['type']})")
            time.sleep(int(refused.headers.get("Retry-After", 1)))
        except OSError:
            time.sleep(2**attempt)
    sys.exit("the engine does not answer")


def is_authentic(headers, body, key):
    """Whether it was the engine, just now, with these very words (Standard Webhooks 1.0)."""
    name, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdigit() or abs(time.time() - int(sent)) > FRESH_SECONDS:
        return False
    signed = f"{name}.{sent}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one, f"v1,{expected}") for one in given)


def listen(address, key):
    """Takes webhooks; gives their events, each once."""
    events, seen = queue.Queue(), set()

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if not is_authentic(self.headers, body, key):
                return self.answer(401)
            name = self.headers["webhook-id"]
            if name not in seen:
                seen.add(name)
                events.put(json.loads(body))
            # What was taken before is taken: otherwise it is told again and again.
            return self.answer(204)

        def answer(self, status):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    host, port = address.rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return events


def words(event):
    """An event as a front end would show it."""
    fact = event["data"]
    return {
        "callback_requested": lambda: "asked for",
        "offered": lambda: f"offered to {fact['agent']}",
        "dial_started": lambda: "the customer is dialled",
        "bridged": lambda: f"{fact['agent']} talks with the customer",
        "request_closed": lambda: f"closed, {fact['end']}: {fact['why']}",
    }.get(fact["fact"], lambda: fact["fact"])()


def main():
    parser = argparse.ArgumentParser(description="Ask for a callback, and follow it.")
    parser.add_argument("number", help="whom to call back, as +33612345678")
    parser.add_argument("--api", default="http://127.0.0.1:8080")
    parser.add_argument("--listen", default="127.0.0.1:9000", help="where webhooks come in")
    parser.add_argument("--case", required=True, help="the front end's own name for it")
    parser.add_argument("--patience", type=float, help="give up after so many seconds of silence")
    asked = parser.parse_args()
    key = base64.b64decode(os.environ["RAPPEL_SECRET"].removeprefix("whsec_"))
    events = listen(asked.listen, key)
    callback = ask(asked.api, os.environ["RAPPEL_TOKEN"], asked.number, asked.case)
    while True:
        try:
            event = events.get(timeout=asked.patience)
        except queue.Empty:
            sys.exit(f"{asked.case} {callback}: nothing was told in {asked.patience:g} s")
        if event.get("subject") != callback:
            continue
        print(f"{asked.case} {callback}: {words(event)}", flush=True)
        if event["type"] == "rappel.request_closed":
            return


if __name__ == "__main__":
    main()
