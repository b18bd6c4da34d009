"""Random damage to files: what a slip of the hand, a bad disk or a hostile sender makes of them."""

import random
import re
from collections.abc import Callable, Sequence

HOSTILE = [
    b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xae", b"\r", b"\t", b"\x1b[2J",
    b"\xed\xa0\x80", b"!!python/object/apply:os.getcwd []", b"&a [*a, *a]", b"*a", b"<<: *a",
    b"? ", b"---\n", b"%YAML 1.1\n", b"1e999", b"-.inf", b".nan", b"1:30", b"0o17", b"1_000",
    b"9" * 400, b"2003-02-30", b"NO", b"~", b"null",
    b"[" * 3000, b"{" * 3000, b"- " * 500, b"a: " * 200, b'"', b"'", b",", b"x" * 70_000,
    b"../" * 20 + b"etc/passwd", b"<script>alert(1)</script>", b"5", b"{}", b"[]", b"true",
]  # fmt: skip
"""What programs have stumbled over."""
WORD = re.compile(rb"[A-Za-z_]{3,}")
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")

Mutator = Callable[[random.Random, bytes], bytes]


def _place(chance: random.Random, content: bytes) -> int:
    return chance.randrange(len(content) + 1)


def flipped(chance: random.Random, content: bytes) -> bytes:
    """One bit is another."""
    changed = bytearray(content)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut_out(chance: random.Random, content: bytes) -> bytes:
    """Some bytes are gone."""
    at = _place(chance, content)
    return content[:at] + content[at + chance.randint(1, 40) :]


def cut_off(chance: random.Random, content: bytes) -> bytes:
    """The rest is gone."""
    return content[: _place(chance, content)]


def with_hostile(chance: random.Random, content: bytes) -> bytes:
    """Something stands in between."""
    at = _place(chance, content)
    return content[:at] + chance.choice(HOSTILE) + content[at:]


def another_word(chance: random.Random, content: bytes) -> bytes:
    """A word is another one of the file, or something hostile."""
    return _replaced(chance, content, WORD, WORD.findall(content))


def another_number(chance: random.Random, content: bytes) -> bytes:
    """A number is another one of the file, or something hostile."""
    return _replaced(chance, content, NUMBER, NUMBER.findall(content))


def _replaced(
    chance: random.Random, content: bytes, what: re.Pattern[bytes], known: Sequence[bytes]
) -> bytes:
    found = list(what.finditer(content))
    if not found:
        return content + b"?"
    at = chance.choice(found)
    new = chance.choice([*dict.fromkeys(known), *HOSTILE])
    return content[: at.start()] + new + content[at.end() :]


def line_twice(chance: random.Random, content: bytes) -> bytes:
    """A line is there again, beside itself or elsewhere."""
    lines = content.splitlines(keepends=True)
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    return b"".join(lines)


def line_gone(chance: random.Random, content: bytes) -> bytes:
    """A line is gone."""
    lines = content.splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def lines_swapped(chance: random.Random, content: bytes) -> bytes:
    """Two lines change places."""
    lines = content.splitlines(keepends=True)
    one, other = (chance.randrange(len(lines)) for _ in range(2))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


MUTATORS: list[Mutator] = [
    flipped, cut_out, cut_off, with_hostile, another_word, another_number,
    line_twice, line_gone, lines_swapped,
]  # fmt: skip


def mutated(content: bytes, seed: str) -> tuple[bytes, str]:
    """Return some bytes with one to three mutations, the same for the same seed, and their names.

    They may be what they were: two swapped lines can be the same line.
    """
    chance = random.Random(seed)
    chosen = [chance.choice(MUTATORS) for _ in range(chance.choice([1, 1, 2, 3]))]
    for mutator in chosen:
        content = mutator(chance, content) if content else b"?"
    return content, ", ".join(mutator.__name__ for mutator in chosen)
