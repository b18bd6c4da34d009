"""YAML that others wrote: one meaning for every word, bounded, each mistake with its place."""

from pathlib import Path

import pytest
import yaml

from analysis import yaml_files
from analysis.yaml_files import DEEPEST, LARGEST, YamlError, read_yaml


def read(tmp_path: Path, content: str | bytes) -> object:
    path = tmp_path / "file.yml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_yaml(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Examples 10.3.2 of YAML 1.2.2 as far as they are in decimal digits.
        ("[null, ~, true, False, 0, -19]", [None, None, True, False, 0, -19]),
        ("[0., -0.0, .5, +12e03, -2E+05]", [0.0, -0.0, 0.5, 12000.0, -200000.0]),
        # Words that an older reader takes for something else.
        ("[NO, yes, on, Y, 2024-02-30, 1.2.3]", ["NO", "yes", "on", "Y", "2024-02-30", "1.2.3"]),
        ("{1: a, 01: b, true: c}", {"1": "a", "01": "b", "true": "c"}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("'010'", "010"),
        ("", None),
    ],
)
def test_what_words_mean(tmp_path: Path, text: str, value: object) -> None:
    assert read(tmp_path, text) == value


@pytest.mark.parametrize("word", ["1:30", "-1_8", "010", "0x1F", "0o17", "0b1", ".nan", "-.inf"])
def test_what_readers_read_in_two_ways_is_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(YamlError, match=r"line 2, column 9.*in quotes where a text is meant"):
        read(tmp_path, f"a: 1\nmargin: {word}\n")
    assert read(tmp_path, f"margin: '{word}'") == {"margin": word}


def alias_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("margin: -1.8\nx: 2\nmargin: -5.0\n", "line 3, column 1: 'margin' is given twice"),
        ("a: {b: 1, 'b': 2}", "line 1, column 11: 'b' is given twice"),
        ("m: 1e999", "a number must be finite; got 1e999"),
        (f"m: {'9' * 5000}", "a number must be finite"),
        ("m: 12345678901234567890", "has more than 18 digits"),
        ("m: !!python/name:os.system x", "line 1, column 4: a tag has no meaning here"),
        ("m: !!float nan", "a tag has no meaning here"),
        ("? [a]\n: b", "a key must be a word or a number"),
        (f"m: {'[' * 3000}", f"at most {DEEPEST} levels"),
        (alias_bomb(), "at most 100,000 values"),
        ("a: &x [*x]", "*x refers to itself"),
        ("a: *x", "must be readable YAML; got: found undefined alias"),
        ("a: b: c", "line 1, column 5 must be readable YAML"),
        ("a: \x01", "must be readable YAML"),
        ("--- a\n--- b", "must be readable YAML"),
        ("title: x".encode("utf-16"), "must be UTF-8; got UTF-16"),
        ("a: 1\ntitle: Größe".encode("latin-1"), "another encoding in line 2"),
        (b"a: " + b"x" * LARGEST, "must have at most 1,000,000 bytes"),
    ],
)
def test_each_mistake_is_one_short_sentence(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(YamlError) as caught:
        read(tmp_path, content)
    message = str(caught.value)
    assert said in message
    assert "file.yml" in message
    assert "\n" not in message
    assert len(message) < 400


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yml", tmp_path, tmp_path / ("x" * 5000)):
        with pytest.raises(YamlError, match="must be a readable YAML file; got: "):
            read_yaml(path)


@pytest.mark.parametrize("text", ["id: [1, 2\n", "id: a\n\tdesign: b\n", "a: b: c\n", "id: *x\n"])
def test_the_sentence_is_the_same_whichever_parser_is_installed(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    plain = type("Plain", (yaml.SafeLoader,), {})
    for loader in (yaml_files._Core, plain):
        monkeypatch.setattr(yaml_files, "_Core", loader)
        with pytest.raises(YamlError) as caught:
            read(tmp_path, text)
        said.append(str(caught.value).partition("must be")[2])
    assert said[0] == said[1]
