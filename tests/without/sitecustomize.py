"""Makes every process of a test refuse the network, and note that it was asked for.

Python imports this where it starts; what it hears (PEP 578) no later code can silence, and a fork
inherits it.
"""

import os
import sys

NOTE = "CONNECTIONS"
HERE = ("127.", "::1", "localhost", "0.0.0.0")


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # An address of this machine's own kind is a file.
        asked = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        asked = arguments[0]
    else:
        return
    asked = asked.decode() if isinstance(asked, bytes) else asked
    if asked and not str(asked).startswith(HERE):
        with open(os.environ[NOTE], "a", encoding="utf-8") as file:
            file.write(f"{event} {asked} by {sys.argv}\n")
        raise OSError("a test allows no network")


if NOTE in os.environ:
    sys.addaudithook(_listen)
