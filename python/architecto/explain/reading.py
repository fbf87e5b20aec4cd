"""What stands where in the text of a choice: names for its tokens, and its layers. No torch here.

A place is (start, end) in characters. A text that is no s-expression is read as far as it makes
sense; one without an architecture has tokens and no layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from architecto.problems.networks.kinds import KINDS, Argument

_TOKEN = re.compile(r'[()]|"(?:\\.|[^"\\])*"|\|[^|]*\||[^\s()"]+')
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?$")
_VARIABLE = re.compile(r"_\.\d+$")


@dataclass
class Node:
    """A token, or a list of nodes. text: of a token, empty for a list"""

    start: int
    end: int
    text: str = ""
    items: list[Node] = field(default_factory=list)

    @property
    def head(self) -> str:
        """The symbol that a list begins with."""
        return self.items[0].text if self.items else ""


@dataclass(frozen=True)
class LayerPlace:
    """A layer of the network so far. after: the kind of the layer before it, or `input`;
    size: channels or features that it gives, where its arguments say so"""

    start: int
    end: int
    kind: str
    after: str
    size: str | None

    @property
    def names(self) -> list[str]:
        """What it is counted as: a pair of layers, and the same with its size."""
        sized = [] if self.size is None else [f"{self.kind} to {self.size} after {self.after}"]
        return [f"{self.kind} after {self.after}", *sized]


def read(text: str) -> Node:
    """The tree of a text; its root stands for the whole text."""
    root = Node(0, len(text))
    stack = [root]
    for match in _TOKEN.finditer(text):
        if match[0] == "(":
            node = Node(match.start(), match.end())
            stack[-1].items.append(node)
            stack.append(node)
        elif match[0] == ")":
            if len(stack) > 1:
                stack.pop().end = match.end()
        else:
            stack[-1].items.append(Node(match.start(), match.end(), match[0]))
    for node in stack[1:]:
        node.end = len(text)
    return root


def layers_node(root: Node) -> Node | None:
    """The list of layers of the first architecture in a text."""
    for node in _walk(root):
        if node.head == "architecture" and len(node.items) >= 3:
            return node.items[2]
    return None


def network(text: str) -> str:
    """The layers so far, as the text writes them; the whole text where there is no architecture."""
    node = layers_node(read(text))
    return text if node is None else text[node.start : node.end] or text


def layers(text: str) -> list[LayerPlace]:
    """The layers of the architecture in a text, those in branches too."""
    node = layers_node(read(text))
    return [] if node is None else list(_layers(node.items, "input"))


def names(text: str) -> list[tuple[int, int, str]]:
    """Every token with what it is counted as: (start, end, name).

    An argument of a layer is named after layer and argument; numbers elsewhere differ from choice
    to choice and are named after the list that they stand in, and so are variables.
    """
    return list(_names(read(text), ""))


def _layers(nodes: list[Node], after: str) -> Iterator[LayerPlace]:
    for node in nodes:
        kind = node.head
        if not kind or _VARIABLE.match(kind):
            continue  # a variable, a dot
        yield LayerPlace(node.start, node.end, kind, after, _size(node))
        if kind in KINDS and KINDS[kind].join:
            for branch in node.items[1:]:
                yield from _layers(branch.items, after)
        after = kind


def _size(node: Node) -> str | None:
    for item, argument in zip(node.items[1:], _arguments(node.head), strict=False):
        if argument.role == "out" and _NUMBER.match(item.text):
            return item.text
    return None


def _arguments(kind: str) -> tuple[Argument, ...]:
    return KINDS[kind].arguments if kind in KINDS else ()


def _names(node: Node, within: str) -> Iterator[tuple[int, int, str]]:
    if not node.items and not node.text:
        yield node.start, node.end, f"() in {within}"
    arguments = _arguments(node.head)
    if node.head and not _NUMBER.match(node.head) and not _VARIABLE.match(node.head):
        within = node.head
    for place, item in enumerate(node.items):
        name = item.text
        if not name:
            yield from _names(item, within)
            continue
        if place and place <= len(arguments):
            value = "?" if _VARIABLE.match(name) else name
            name = f"{node.head} {arguments[place - 1].name}={value}"
        elif _NUMBER.match(name):
            name = f"number in {within}"
        elif _VARIABLE.match(name):
            name = f"variable in {within}"
        yield item.start, item.end, name


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for item in node.items:
        yield from _walk(item)
