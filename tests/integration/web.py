"""A client of HTTP that authenticates by digest (RFC 7616, or RFC 2617 without qop) or with a token, and sends its target
as it is given: nothing is escaped or put in order on the way.

SPDX-License-Identifier: MIT
"""

import hashlib
import http.client

from sip import WAIT, credentials, parameters


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.etag = response.headers["ETag"]

    @property
    def text(self):
        return self.body.decode()

    def challenges(self, scheme="Digest"):
        return [line for line in self.headers.get_all("WWW-Authenticate", []) if line.startswith(scheme)]

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body!r}"


class Target(http.client.HTTPConnection):
    """Sends any target, even what no URI may have."""

    def _validate_path(self, url):
        pass

    def _encode_request(self, request):
        return request.encode()


class Web:
    """One who asks: an account (`user`) or a token."""

    def __init__(self, server, user=None, password=None, token=None, algorithm="MD5"):
        self.server, self.user, self.token, self.algorithm = server, user, token, algorithm
        self.password = password or (server.passwords[user] if user in server.passwords else "none")
        self.challenge, self.count = None, 0

    def once(self, method, target, body=None, headers=()):
        """One request, with these headers only."""
        connection = Target("127.0.0.1", self.server.web_port, timeout=WAIT)
        lines = {k: v for k, v in dict(headers).items() if v is not None}
        connection.request(method, target, body, lines)
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def choose(self, answer):
        found = [c for c in answer.challenges() if parameters(c)["algorithm"] == self.algorithm]
        self.challenge, self.count = (found[0] if found else None), 0
        return found

    def credentials(self, method, target, uri=None):
        self.count += 1
        return credentials(self.challenge, self.user, self.password, method, uri or target, self.count)

    def ask(self, method, target, body=None, headers=(), uri=None):
        """With credentials: with those of the last challenge, and once more where that is stale."""
        lines = dict(headers)
        if self.token:
            return self.once(method, target, body, {**lines, "Authorization": f"Bearer {self.token}"})
        if not self.challenge and not self.choose(self.once(method, target, body, lines)):
            raise AssertionError(f"no challenge to {method} {target}")
        answer = None
        for _ in range(2):
            line = self.credentials(method, target, uri)
            answer = self.once(method, target, body, {**lines, "Authorization": line})
            stale = answer.status == 401 and any(parameters(c).get("stale") == "true" for c in answer.challenges())
            if not stale or not self.choose(answer):
                break
        return answer


def old_credentials(challenge, user, password, method, uri):
    """RFC 2617 §3.2.2.1 without qop."""
    p = parameters(challenge)

    def digest(text):
        return hashlib.md5(text.encode()).hexdigest()
    response = digest(":".join([digest(f"{user}:{p['realm']}:{password}"), p["nonce"], digest(f"{method}:{uri}")]))
    return (f'Digest username="{user}", realm="{p["realm"]}", nonce="{p["nonce"]}", uri="{uri}", response="{response}", '
            'algorithm=MD5')
