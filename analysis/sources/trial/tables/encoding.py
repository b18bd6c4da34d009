"""From the bytes of a file to text in UTF-8, by declaration or by rule, never by a guess unsaid."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterable

from analysis.sources.trial.finding import TrialFinding

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order marks; that of UTF-32 begins like that of UTF-16 and so is asked for first."""
FALLBACK = "cp1252"
"""What Western European Windows, and SAS on it, write where nothing is declared."""
BEYOND_ASCII = re.compile(r"[^\W\d_]*[^\x00-\x7f][^\W\d_]*")
GARBLED = re.compile(r"\w*(?:\ufffd|Ã[\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€)\w*")
"""What UTF-8 becomes when it was read as Windows-1252 before, and what cannot be read at all."""


def unpacked(data: bytes) -> bytes:
    """Return the bytes within a gzip file, or the bytes as they are.

    Raises
    ------
    ValueError
        If the file is cut short, or is a workbook under another name.
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            return gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            raise ValueError("a gzip file that is damaged or cut short; copy it anew") from None
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValueError("a workbook or a zip file; save its sheet as csv in UTF-8")
    return data


def as_utf8(data: bytes) -> tuple[bytes, list[TrialFinding]]:
    """Bring text into UTF-8 without a mark.

    Parameters
    ----------
    data
        UTF-8, UTF-16 or UTF-32 by its byte order mark; else UTF-8 if it is valid; else
        Windows-1252.

    Returns
    -------
    data : bytes
        UTF-8.
    findings : list of TrialFinding
        A note where the encoding was a guess, or the text was garbled before.

    Raises
    ------
    ValueError
        If the text is none of these.
    """
    data, notes = _decoded(data)
    if b"\0" in data:
        raise ValueError("it holds zero bytes, as UTF-16 without its mark; save it as UTF-8")
    if not data.isascii() and (found := GARBLED.findall(data.decode("utf-8"))):
        message = "text that was written in another encoding than it was read; export it anew"
        notes.append(
            TrialFinding("", "", "garbled text", message, "note", None, found[0], len(found))
        )
    return data, notes


def _decoded(data: bytes) -> tuple[bytes, list[TrialFinding]]:
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            data = data[len(mark) :]
            # Nothing to do for UTF-8 but to see that it is some.
            text = data.decode(encoding)
            return (data if encoding == "utf-8" else text.encode()), []
    if data.isascii():
        return data, []
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = data.decode(FALLBACK)
        except UnicodeDecodeError:
            raise ValueError("it is neither UTF-8 nor Windows-1252; save it as UTF-8") from None
        return text.encode(), [guessed([text])]
    return data, []


def guessed(texts: Iterable[str]) -> TrialFinding:
    """Return the note of a file that was read as Windows-1252, with a word as it now reads."""
    words = [word for text in texts for word in BEYOND_ASCII.findall(text)]
    message = (
        "the file is no UTF-8 and was read as Windows-1252; if the word shown reads wrong, "
        "save the file as UTF-8"
    )
    return TrialFinding(
        "", "", "encoding", message, "note", None, words[0] if words else "", len(words)
    )
