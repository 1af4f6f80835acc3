# ruff: noqa: E501 (a table)
"""What each kind of canvas means: the rules by which Celery runs it, and where Celery itself breaks them."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import celery

# Their annotations know neither lists nor generators.
chain: Any = celery.chain
chord: Any = celery.chord
group: Any = celery.group


class Row(NamedTuple):
    """A canvas, what the whole of it returns, and what is left besides (callbacks, ``!`` on an error)."""

    rule: str
    canvas: Any
    right: str | None
    also: tuple[str, ...] = ()
    fault: str = ""  # the name of the fault of Celery's that makes a native run differ


def rows(n: Any, mark: Callable[[str], str] = str) -> list[Row]:
    """Return the table, made of signatures of the task ``n``; ``mark`` makes a tag of a letter.

    What is right is spelled with the letters.
    """

    def t(tag: str, *args: Any, **options: Any) -> Any:
        return n.signature(args, {"tag": mark(tag)}, **options)

    def i(tag: str) -> Any:
        return t(tag, immutable=True)

    def copied(whole: Any) -> Any:  # the rows share signatures
        return celery.signature(json.loads(json.dumps(whole)), app=n.app)

    def linked(whole: Any, *tags: str) -> Any:
        whole = copied(whole)
        for tag in tags:
            whole.link(t(tag))
        return whole

    def having(whole: Any, **options: Any) -> Any:
        whole = copied(whole)
        whole.options.update(options)
        return whole

    def raw(kind: str, *tasks: Any) -> dict[str, Any]:
        """A canvas that no constructor has simplified, as JSON may bring it."""
        inner = {"kwargs": {"tasks": list(tasks)}, "args": [], "options": {}, "immutable": False}
        return {"task": f"celery.{kind}", "subtask_type": kind, **inner}

    A, B, C, D, E, F, G, Z = map(t, "ABCDEFGZ")
    pairs = [(1, 2), (3, 4), (5, 6)]

    # fmt: off
    return [
        # 1.1 the rules
        Row("R1 own arguments come behind", t("A", "x") | t("B", "y") | t("C", "z"), "C(B(A(x),y),z)"),
        Row("R1 immutable", A | i("B") | C, "C(B())"),
        Row("R1 partial", chain(t("A", 1, 2), t("B", 3)), "B(A(1,2),3)"),
        Row("R2 a list is one argument", n.map([1, 2]) | B, "B([?(1),?(2)])"),
        Row("R3 chains are flattened", chain(chain(A, B), chain(C, chain(D, E))), "E(D(C(B(A()))))"),
        Row("R3 raw", raw("chain", raw("chain", A, B), raw("chain", C, raw("chain", D, E))), "E(D(C(B(A()))))"),
        Row("R4 a group, then a task", A | group(B, C) | D, "D([B(A()),C(A())])"),
        Row("R4 two groups", group(A, B) | group(C, D) | E, "E([C([A(),B()]),D([A(),B()])])"),
        Row("R4 raw", raw("chain", A, raw("group", B, C), D), "D([B(A()),C(A())])"),
        Row("R5 immutable is per member", A | chord([i("B"), C], D), "D([B(),C(A())])"),
        Row("R6 group in group", group(A, group(B, C), D), "[A(),B(),C(),D()]"),
        Row("R7 chord over a chain that ends in a group", chord([A | group(B, C), E], F), "F([[B(A()),C(A())],E()])"),
        Row("R7 group with it", group(A | group(B, C), D), "[[B(A()),C(A())],D()]"),
        Row("R7 a chain of a group alone", chord([chain(group(A, B)), C], D), "D([[A(),B()],C()])"),
        Row("R8 chord in header", chord([chord([A, B], C), D], E), "E([C([A(),B()]),D()])"),
        Row("R8 with a group body", chord([chord([A, B], group(C, D)), E], F), "F([[C([A(),B()]),D([A(),B()])],E()])"),
        Row("R9 body a task", chord([A, B], C), "C([A(),B()])"),
        Row("R9 body a chain", chord([A, B], C | D), "D(C([A(),B()]))"),
        Row("R9 body a group", chord([A, B], group(C, D)), "[C([A(),B()]),D([A(),B()])]"),
        Row("R9 body a chord", chord([A, B], chord([C, D], E)), "E([C([A(),B()]),D([A(),B()])])"),
        Row("R9 header from pipes", chord(group(A, B) | C, D), "D([C([A(),B()])])"),
        Row("R10 chord in the middle", A | chord([B, C], D) | E, "E(D([B(A()),C(A())]))"),
        Row("R11 a chain as header is no chain", chord(chain(A, B), C), "C([A(),B()])"),
        Row("R11 in a list it is one", chord([chain(A, B)], C), "C([B(A())])"),
        Row("R12 empty header", chord([], B), "B([])"),
        # 1.2 one and none
        Row("chain of one", chain(A), "A()"),
        Row("chain of a list of one", chain([A]), "A()"),
        Row("empty chain", chain(), None),
        Row("group of one", group(A), "[A()]"),
        Row("group of one, then a task", group(A) | B, "B([A()])"),
        Row("chord with one member", chord([A], B), "B([A()])"),
        Row("group of one in a chain", chain(group(A), B), "B(A())"),
        Row("group of one behind a task", A | group([B]) | C, "C(B(A()))"),
        Row("raw group of one in a chain", raw("chain", A, raw("group", B), C), "C(B(A()))"),
        Row("empty group", group(), "[]"),
        Row("empty group, then a task", group() | A, "A([])"),
        Row("empty group in a chain", chain(A, group([]), B), "B(A())"),
        Row("raw empty group in a chain", raw("chain", A, raw("group"), B), "B(A())"),
        Row("raw empty group before a chain", raw("chain", raw("group"), A, B), "B(A())"),
        Row("empty chain in a group", group(A, chain(), B), "[A(),B()]"),
        Row("empty chain in a header", chord([A, chain(), B], C), "C([A(),B()])"),
        Row("empty group in a header", chord([A, group(), B], C), "C([A(),B()])"),
        Row("empty header, group body", chord([], group(A, B)), "[A([]),B([])]"),
        Row("empty header, chain body", chord([], A | B), "B(A([]))"),
        Row("empty header, chord body", chord([], chord([A, B], C)), "C([A([]),B([])])"),
        # 1.3 map, starmap, chunks, generators
        Row("map", n.map([1, 2]), "[?(1),?(2)]"),
        Row("map in a chain takes nothing", A | n.map([1, 2]) | B, "B([?(1),?(2)])"),
        Row("map in a header", chord([n.map([1]), A], B), "B([[?(1)],A()])"),
        Row("starmap", n.starmap([(1, 2), (3, 4)]) | B, "B([?(1,2),?(3,4)])"),
        Row("chunks", n.chunks(pairs, 2), "[[?(1,2),?(3,4)],[?(5,6)]]"),
        Row("chunks as a group", n.chunks(pairs, 2).group() | Z, "Z([[?(1,2),?(3,4)],[?(5,6)]])"),
        Row("group of a generator", group(t(tag) for tag in "ABC") | Z, "Z([A(),B(),C()])"),
        Row("chord of a generator", chord((t(tag) for tag in "ABC"), Z), "Z([A(),B(),C()])"),
        Row("chain of a generator", chain(t(tag) for tag in "ABC"), "C(B(A()))"),
        Row("map of a generator", n.map(x for x in [1, 2]) | B, "B([?(1),?(2)])"),
        # 1.4 links
        Row("links", linked(t("A"), "L", "M"), "A()", ("L(A())", "M(A())")),
        Row("one link, no list", having(t("A"), link=t("L")), "A()", ("L(A())",)),
        Row("an immutable link", having(t("A"), link=[i("L")]), "A()", ("L()",)),
        Row("a group as link", having(t("A"), link=[group(B, C)]), "A()", ("B(A())", "C(A())")),
        Row("a chain as link", having(t("A"), link=[B | C]), "A()", ("C(B(A()))",)),
        Row("a chord as link", having(t("A"), link=[chord([B, C], D)]), "A()", ("D([B(A()),C(A())])",)),
        Row("a link of a link", having(t("A"), link=[linked(t("L"), "M")]), "A()", ("M(L(A()))",)),
        Row("link of a chain", linked(A | B, "L"), "B(A())", ("L(B(A()))",)),
        Row("link of a chain that goes on", linked(A | B, "L") | C, "C(B(A()))", ("L(B(A()))",)),
        Row("link of a chord", linked(chord([A, B], C), "L"), "C([A(),B()])", ("L(C([A(),B()]))",)),
        Row("link of a chord, body a chain", linked(chord([A, B], C | D), "L"), "D(C([A(),B()]))", ("L(D(C([A(),B()])))",)),
        Row("link in a chord's options", having(chord([A, B], C), link=[t("L")]), "C([A(),B()])", ("L(C([A(),B()]))",)),
        Row("link of a member", A | group(linked(t("B"), "L"), C) | D, "D([B(A()),C(A())])", ("L(B(A()))",)),
        Row("W7a by group.link", linked(group(A, B), "L"), "[A(),B()]", ("L([A(),B()])",), fault="W7"),
        Row("W7a by chord.link", linked(chord([A], group(C, D)), "L"), "[C([A()]),D([A()])]", ("L([C([A()]),D([A()])])",), fault="W7"),
        Row("W7a on a first member that is a chord", linked(group(chord([A], B), C), "L"), "[B([A()]),C()]", ("L([B([A()]),C()])",), fault="W7"),
        Row("an immutable link on each member", group(linked(A, "L"), linked(B, "L2")), "[A(),B()]", ("L(A())", "L2(B())")),
        # 6.2 what Celery gets wrong
        Row("W1a", group(A, B) | group(C, D) | group(E, F), "[E([C([A(),B()]),D([A(),B()])]),F([C([A(),B()]),D([A(),B()])])]", fault="W1"),
        Row("W1b", chord([A, B], group(C, D)) | group(E, F), "[E([C([A(),B()]),D([A(),B()])]),F([C([A(),B()]),D([A(),B()])])]", fault="W1"),
        Row("W1c", chain(chord([A, B], group(C, D)), chord([E, F], G)), "G([E([C([A(),B()]),D([A(),B()])]),F([C([A(),B()]),D([A(),B()])])])", fault="W1"),
        Row("W1d", chord([A, B], group(C, D)) | (E | F), "F(E([C([A(),B()]),D([A(),B()])]))", fault="W1"),
        Row("W1 leading task", chain(Z, group(A, B), group(C, D), group(E, F)), "[E([C([A(Z()),B(Z())]),D([A(Z()),B(Z())])]),F([C([A(Z()),B(Z())]),D([A(Z()),B(Z())])])]"),
        Row("W1 trailing task", chord([A, B], group(C, D)) | E, "E([C([A(),B()]),D([A(),B()])])"),
        Row("W2a", chord([A, group(B, C), D], E), "E([A(),B(),C(),D()])", fault="W2"),
        Row("W2b", chord([group(A, B), group(C, D)], E), "E([A(),B(),C(),D()])", fault="W2"),
        Row("W2c", A | group(B, group(C, D)) | Z, "Z([B(A()),C(A()),D(A())])", fault="W2"),
        Row("W4a", A | group() | B, "B(A())", fault="W4"),
        Row("W4b", chain(A, chord([], B), C), "C(B(A()))", fault="W4"),
        Row("W5a", n.chunks(pairs, 2) | Z, "Z([[?(1,2),?(3,4)],[?(5,6)]])", fault="W5"),
        Row("W5b in a chain", A | n.chunks(pairs, 2) | Z, "Z([[?(1,2),?(3,4)],[?(5,6)]])", fault="W5"),
        Row("W5b in a header", chord([n.chunks(pairs, 2), A], Z), "Z([[?(1,2),?(3,4)],[?(5,6)],A()])", fault="W5"),
        Row("W7a", having(group(A, B), link=[t("L")]), "[A(),B()]", ("L([A(),B()])",), fault="W7"),
        Row("W7a with a group body", having(chord([A], group(C, D)), link=[t("L")]), "[C([A()]),D([A()])]", ("L([C([A()]),D([A()])])",), fault="W7"),
        Row("W7b", linked(A | group(B, C), "L"), "[B(A()),C(A())]", ("L([B(A()),C(A())])",), fault="W7"),
    ]
    # fmt: on
