"""Both sides build the same bytes, refuse the same headers, and agree with the schema."""

import json
import random
import subprocess

import jsonschema
import protocol_doubles as doubles
import pytest

from architecto.conversation import messages
from architecto.conversation.messages import (
    FIELDS,
    MessageError,
    build,
    parse,
    parse_scores,
    score_lines,
)
from architecto.printing import printable

VALUES = {
    "integer": [0, 1, 17, 2**53 - 1],
    "number": [0.5, -1.0, 0.1 + 0.2, 30],
    "string": ["", "cnn", 'quotes " and \\', "tab\tnewline\n\x1f\x7f", "é λ 漢 😀", "x" * 1000],
    "name": ["engine-0", "a.b_C-9"],
    "facts": [
        {},
        {"space": "cnn", "input": [1, 8, 8], "classes": 10},
        {"z": True, "a.b_C-9": [], "Z": 'quotes " é 😀', "lists": [0.1, "x", False, -3]},
        {f"fact-{number}": number for number in range(64, 0, -1)},
        {"items": [1] * 256, "fractions": [1e-7, 1.5e-05, 0.1 + 0.2, 1.0, 2.0**53 - 1]},
    ],
    "boolean": [True, False],
    "indices": [[], [0], [5, 3, 1], list(range(4096))],
    "candidates": ["all", [0], [9, 8, 7]],
    "seconds": [0.5, 1, 30, 86400],
}
WRONG = [None, -1, 0, 1.5, 1.0, 86_401, 2**53, "", "no such word", "a b", [], [1, "x"], {}, True]
WRONG += [[0] * 4097]


def all_headers() -> list[bytes]:
    """Headers of every type with every kind of value, with and without optional fields."""
    rng = random.Random(0)
    headers = []
    for type, fields in FIELDS.items():
        for _ in range(12):
            chosen = {
                name.rstrip("?"): rng.choice(VALUES[kind])
                for name, kind in fields
                if not name.endswith("?") or rng.random() < 0.5
            }
            headers.append(build(type, **chosen))
    return headers


def wrong_headers() -> list[bytes]:
    """Headers with one field missing or wrong, and what is no header at all."""
    headers = []
    for header in all_headers()[::12]:
        whole = json.loads(header)
        for name in whole:
            headers.append(json.dumps({k: v for k, v in whole.items() if k != name}).encode())
            headers.extend(json.dumps(whole | {name: value}).encode() for value in WRONG)
    nonsense = [b"", b"[]", b"1", b"{", b'{"v":1}', b"\xff\xfe", b"{}x", b'{"v":NaN}']
    deep = [b"[" * 60_000, b'{"a":' * 10_000, b'{"v":1,"type":"hello","id":' + b"9" * 60_000 + b"}"]
    long = [b'{"v":1,"type":"' + b"x" * 70_000 + b'"}']
    return headers + nonsense + deep + long


def code_of(header: bytes, body: bytes = b"") -> str:
    """The header again, or the code of the error that it is refused with."""
    try:
        fields, _ = parse([header, body])
        if fields["type"] in ("choose", "scores"):
            messages.parse_choices(body)
        if fields["type"] == "scores_reply":
            parse_scores(body)
    except MessageError as error:
        return f"error {error.code}"
    known = {name.rstrip("?") for name, _ in FIELDS[fields["type"]]}
    again = build(fields["type"], **{k: v for k, v in fields.items() if k in known})
    return again.decode("latin-1")


def ask_racket(project, pairs: list[tuple[bytes, bytes]]) -> list[str]:
    lines = [json.dumps([part.decode("latin-1") for part in pair]) for pair in pairs]
    result = subprocess.run(
        ["racket", project / "tests" / "racket" / "bridge-twin.rkt"],
        input="\n".join(lines).encode(),
        capture_output=True,
        timeout=600,
        check=True,
    )
    return result.stdout.decode().splitlines()


def test_both_sides_build_the_same_bytes(project):
    headers = all_headers()
    assert ask_racket(project, [(header, b"") for header in headers]) == [
        header.decode("latin-1") for header in headers
    ]


def test_both_sides_write_the_same_fractions(project):
    rng = random.Random(4)
    fractions = [rng.uniform(-1, 1) * 10.0 ** rng.randrange(-320, 16) for _ in range(2000)]
    fractions += [sign * 10.0**power for power in range(-320, 16) for sign in (1, -1.5)]
    fractions += [float(rng.randrange(2**53)) for _ in range(200)]
    headers = [
        build("answer", id=1, session="s", episode=1, step=0, index=1, facts={"x": part})
        for part in (fractions[at : at + 256] for at in range(0, len(fractions), 256))
    ]
    answers = ask_racket(project, [(header, b"") for header in headers])
    assert answers == [header.decode() for header in headers]


@pytest.mark.parametrize(
    "facts",
    [
        [],
        "facts",
        {"x": None},
        {"x": {}},
        {"x": [[1]]},
        {"x": 2**53},
        {"x": [-(2**53)]},
        {"x": 1e16},
        {"x": "y" * 1001},
        {"x": [1] * 257},
        {f"fact-{number}": 1 for number in range(65)},
        {"": 1},
        {"a b": 1},
        {"λ": 1},
        {"x" * 65: 1},
    ],
)
def test_facts_are_few_and_lie_no_deeper_than_a_list(project, facts):
    schema = json.loads((project / "protocol" / "messages.schema.json").read_text())
    whole = {"v": 1, "type": "hello", "id": 1, "session": "s", "engine": "e", "problem": "p"}
    header = json.dumps(whole | {"task": "t", "facts": facts}).encode()
    assert ask_racket(project, [(header, b"")]) == ["error bad_header"] == [code_of(header)]
    assert not jsonschema.Draft202012Validator(schema).is_valid(json.loads(header))


def test_both_sides_refuse_the_same_headers(project):
    headers = wrong_headers()
    answers = ask_racket(project, [(header, b"") for header in headers])
    for header, answer in zip(headers, answers, strict=True):
        assert answer == code_of(header), header[:200]


def test_both_sides_refuse_the_same_mutated_headers(project):
    """Bytes put in, cut out and changed: no header gives anything but a header or a code."""
    rng = random.Random(3)
    whole = [header for header in all_headers() if len(header) < 400]
    headers = [
        b"|~oops",
        b"{|~oops",
        b'"~a',
        b"nul",
        b'{"v":1,"type":"reward\\u1',
        b"\xef\xbb\xbf{}",
    ]
    headers += [changed(rng, rng.choice(whole)) for _ in range(5000)]
    answers = ask_racket(project, [(header, b"") for header in headers])
    assert len(answers) == len(headers)
    for header, answer in zip(headers, answers, strict=True):
        expected = code_of(header)
        assert answer.startswith("error ") == expected.startswith("error "), header
        assert not answer.startswith("error ") or answer == expected, header
    assert 1000 < sum(answer.startswith("error ") for answer in answers) < 5000


def changed(rng: random.Random, header: bytes) -> bytes:
    """The header with one to three changes of its bytes."""
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(header) + 1)
        until = at + rng.choice([0, 0, 1, 1, 2, 9, 200])
        signs = [bytes([byte]) for byte in b'~|\\"{}[],:-+.eE0123456789 \t\n\f\x00/']
        words = [
            b"true",
            b"nul",
            b"NaN",
            b"1.0",
            b"1e3",
            b"-0",
            b"01",
            b"\\u00",
            b"\\ud83d",
            b"\\ude00",
        ]
        more = [b"", rng.randbytes(2), b"\xc2\xa0", b"\xe2\x80\xa8", "λ".encode()]
        header = header[:at] + rng.choice([*signs, *words, *more]) + header[until:]
    return header


@pytest.mark.parametrize("type", ["choose", "scores_reply"])
def test_both_sides_refuse_the_same_bodies(project, type):
    header = next(h for h in all_headers() if json.loads(h)["type"] == type)
    bodies = [
        b"1 - (a b)",
        b"1 0 (a)\n2 1 (b)",
        b"1 0.5\n2 -1.5",
        b"1 1e-07",
        b"1 1e999",
        b"1 nan",
        b"1 #e1",
        b"1 1/2",
        b"1 2\n",
        b"1  x",
        b"-1 - x",
        b"1 - ",
        b"x",
        b"\xff",
        "٣ - x".encode(),
        b"9007199254740991 - x",
        b"9007199254740992 - x",
        b"1 9007199254740992 x",
        b"09007199254740991 - x",
        b"9007199254740991 1",
        b"9999999999999999 1",
    ]
    answers = ask_racket(project, [(header, body) for body in bodies])
    for body, answer in zip(bodies, answers, strict=True):
        assert answer == code_of(header, body), body


def test_every_header_meets_the_schema_and_no_wrong_one_does(project):
    schema = json.loads((project / "protocol" / "messages.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    types = [entry["$ref"].rsplit("/", 1)[1] for entry in schema["oneOf"]]
    assert types == list(FIELDS)
    for fields in map(json.loads, all_headers()[::3]):
        of_type = schema | {"oneOf": [{"$ref": f"#/$defs/{fields['type']}"}]}
        validator = jsonschema.Draft202012Validator(of_type)
        validator.validate(fields)
        required = [name for name, _ in FIELDS[fields["type"]] if not name.endswith("?")]
        for name in required:
            assert not validator.is_valid({k: v for k, v in fields.items() if k != name})


@pytest.mark.parametrize("part", ["1.0", "1e0", "10e-1", "1.5", "true", '"1"'])
def test_an_integer_has_neither_fraction_nor_exponent(project, part):
    header = b'{"v":1,"type":"shutdown","id":%s,"session":"s"}' % part.encode()
    assert ask_racket(project, [(header, b"")]) == ["error bad_header"] == [code_of(header)]


def test_words_that_version_1_may_gain_are_read(project):
    """Unknown words in status, outcome and code, by both sides and by the schema."""
    schema = json.loads((project / "protocol" / "messages.schema.json").read_text())
    headers = [
        build("answer_reply", id=1, session="s", status="postponed"),
        build("episode_end", id=1, session="s", episode=1, outcome="tired"),
        build("error", code="out_of_ink", message="refill"),
    ]
    for header, answer in zip(
        headers, ask_racket(project, [(h, b"") for h in headers]), strict=True
    ):
        jsonschema.Draft202012Validator(schema).validate(json.loads(header))
        parse([header, b""])
        assert answer == header.decode()


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
def test_a_deadline_lies_ahead_and_within_a_day(project, seconds):
    schema = json.loads((project / "protocol" / "messages.schema.json").read_text())
    header = {"v": 1, "type": "working", "id": 1, "session": "s", "deadline_s": seconds}
    assert not jsonschema.Draft202012Validator(schema).is_valid(header)
    with pytest.raises(MessageError, match="seconds, more than 0 and at most 86400"):
        messages.check(header)


def test_what_steers_a_terminal_is_escaped():
    text = "λ \x1b[2J\x9b1m\n\x7f\u202e\u2066\u2028"
    assert printable(text) == r"λ \u001b[2J\u009b1m\u000a\u007f\u202e\u2066\u2028"


def test_scores_read_back_exactly():
    rng = random.Random(1)
    scores = [(index, rng.gauss(0, 10.0 ** rng.randrange(-9, 9))) for index in range(1000)]
    assert parse_scores(score_lines(scores)) == scores


def test_unknown_fields_are_ignored():
    header = build("shutdown", id=1, session="s")
    fields, _ = parse([header[:-1] + b',"new":{"deep":[1]}}', b""])
    assert fields["type"] == "shutdown"


def test_ten_thousand_malformed_messages_do_no_harm(tmp_path):
    """Mutated messages: each gets a well-formed reply, and memory stays bounded."""
    rng = random.Random(2)
    server, _ = doubles.run_server(tmp_path)
    seeds = [json.loads(h) for h in all_headers() if json.loads(h)["type"] in messages.REQUESTS]
    seeds = [h for h in seeds if len(json.dumps(h)) < 500]
    errors = 0
    for number in range(10_000):
        frames = mutated(rng, rng.choice(seeds), number)
        server.handle([[b"fuzz", *frames]])
        sent = server.take_sent()
        assert sent, frames
        for _, header, body in sent:
            fields, _ = parse([header, body])
            errors += fields["type"] == "error"
    assert errors > 5_000
    assert len(server.service.sessions) <= 256


def mutated(rng: random.Random, header: dict, number: int) -> list[bytes]:
    header = dict(header, id=number, session=f"s{rng.randrange(400)}")
    body = rng.choice([b"", b"1 - (a)\n2 1 (b)", doubles.NETWORK.encode(), rng.randbytes(40)])
    name = rng.choice(list(header))
    match rng.randrange(6):
        case 0:
            del header[name]
        case 1:
            header[name] = rng.choice(WRONG)
        case 2:
            header["type"] = rng.choice([*FIELDS, "no_such_type"])
    frame = json.dumps(header).encode()
    match rng.randrange(6):
        case 0:
            cut = rng.randrange(len(frame))
            frame = frame[:cut] + rng.randbytes(rng.randrange(5)) + frame[cut + 1 :]
        case 1:
            frame = rng.randbytes(rng.randrange(100))
    frames = [frame, body]
    if rng.random() < 0.1:
        frames = rng.choice([[], [frame], [frame, body, b""], [frame] * 9])
    return frames
