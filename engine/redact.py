"""Masking what nobody should read: values whose name says that they are secret.

In mappings, however deep, the value of each key in which the pattern is found becomes ``"***"``; null, true
and false stay. In text (representations, tracebacks, JSON within strings, ``name=value``) what follows such a
name is masked as far as it can be told: the quoted string, the bracket with all in it, or the word. A text
that was cut is masked to its end. Text is masked by its looks, so a secret without a name beside it stays.

Everything here takes time in proportion to what it is given, whatever that is.
"""

import re
from typing import Any

from .errors import SettingsError

MASK = "***"
DEFAULT = (
    "(?i)passw(or)?d|passphrase|passcode|pwd|secret|token|api.?key|access.?key|private|authorization|cookie"
    "|credential|session.?id"
)

_ANY_CASE = "(?i)"
_DEEP = 200  # levels below which everything is masked, rather than looked at
_KEY = re.compile(
    r"""(?:
        (?P<quote>['"])(?P<quoted>(?:[^'"\\\n]|\\.){1,200}+)(?P=quote)   # 'a name with blanks':
        | (?<![\w.-])(?P<bare>[^\W\d][\w.-]*+)\\*+['"]?                  # name=  name:  \"name\":
    )\s{0,8}+(?:=>|[:=](?!=))[^\S\n]{0,8}+""",
    re.VERBOSE,
)
_OPENING = re.compile(r"""(?P<prefix>[A-Za-z_][\w.]*+)?(?:(?P<quote>\\*+['"])|(?P<bracket>[\[({<]))""")
_WORD = re.compile(r"(?:(?i:bearer|basic|digest|token)\s++)?[^\s,;&)\]}>\"']*+")
_CLOSING = {"[": "]", "(": ")", "{": "}", "<": ">"}
_QUOTED = {quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.)*+{quote}", re.DOTALL) for quote in "'\""}


def redactor(pattern: str) -> "Redactor":
    """Return what masks by ``pattern``; an empty one masks nothing.

    Raises
    ------
    SettingsError
        It is no regular expression.
    """
    try:
        return Redactor(pattern)
    except re.error as error:
        raise SettingsError(f"The pattern of what to mask is no regular expression: {error}.") from None


def redact(value: Any, pattern: str = DEFAULT) -> Any:
    """Return ``value`` with everything masked that ``pattern`` names (see the head of this module).

    >>> redact({"user": "ann", "password": "hunter2"})
    {'user': 'ann', 'password': '***'}
    >>> redact("login(user='ann', password='hunter2')")
    "login(user='ann', password='***')"
    """
    return redactor(pattern)(value)


class Redactor:
    """Masks by one pattern: call it with a value, or a text."""

    def __init__(self, pattern: str) -> None:
        self.finds = re.compile(pattern or "(?!)").search
        # Where the pattern does not look around itself, a text in which it is nowhere needs no closer look.
        self.plain = not pattern or (pattern.isascii() and not re.search(r"[\\^$]|\(\?[^i:]", pattern))
        # Looking for either case takes twenty times as long as folding the text and looking for one.
        self.folds = self.plain and pattern.startswith(_ANY_CASE)
        self.quick = (
            re.compile(pattern.removeprefix(_ANY_CASE).casefold()).search if self.folds else self.finds
        )

    def __call__(self, value: Any) -> Any:
        """Return ``value`` masked: itself where nothing is to be masked."""
        return self.value(value)

    def spares(self, text: str) -> bool:
        """Whether it is plain that there is nothing to mask in ``text``, be it JSON or not."""
        return self.plain and not self.quick(text.casefold() if self.folds else text)

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return ``value`` masked, which is ``depth`` levels below what was given."""
        if isinstance(value, str):
            return self.text(value)
        if depth > _DEEP and isinstance(value, (dict, list, tuple)):
            return MASK
        if isinstance(value, dict):
            made = {key: self._member(key, each, depth) for key, each in value.items()}
            return made if any(made[key] is not value[key] for key in made) else value
        if isinstance(value, (list, tuple)):
            items = [self.value(each, depth + 1) for each in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _member(self, key: Any, value: Any, depth: int) -> Any:
        if isinstance(key, str) and self.finds(key):
            return value if value is None or isinstance(value, bool) else MASK
        return self.value(value, depth + 1)

    def text(self, text: str) -> str:
        """Return ``text`` masked."""
        if self.spares(text) or not (":" in text or "=" in text):
            return text
        parts, kept, position = [], 0, 0
        while (key := _KEY.search(text, position)) is not None:
            position = key.end()
            if self.finds(key["quoted"] or key["bare"]):
                start, end, stop = _extent(text, position)
                if end > start and text[start:end] not in ("None", "null", "True", "False", "true", "false"):
                    parts += [text[kept:start], MASK]
                    kept = end
                position = max(position, stop)
        return "".join([*parts, text[kept:]]) if parts else text


def _extent(text: str, start: int) -> tuple[int, int, int]:
    """Return from where to where the value that begins at ``start`` is to be masked, and where it is over."""
    opening = _OPENING.match(text, start)
    if opening is None:
        word = _WORD.match(text, start)
        end = word.end() if word else start
        return start, end, end
    if (quote := opening["quote"]) is not None:
        if opening["prefix"] and len(opening["prefix"]) > 2:  # a word, and a quote that is none of it
            return start, opening.end("prefix"), opening.end("prefix")
        end = _unquoted(text, opening.end(), quote)
        return opening.end(), end, min(len(text), end + len(quote))
    end = _balanced(text, opening.start("bracket"))
    return start, end, end


def _unquoted(text: str, start: int, quote: str) -> int:
    """Return where the string that was opened by ``quote`` ends: one in which that is escaped once less."""
    if len(quote) == 1:
        whole = _QUOTED[quote].match(text, start - 1)
        return whole.end() - 1 if whole else len(text)
    end = start
    while (end := text.find(quote, end)) >= 0:
        if text[end - 1] != "\\" or end == start:
            return end
        end += 1
    return len(text)


def _balanced(text: str, start: int) -> int:
    """Return where the bracket at ``start`` is closed again, or the end of the text."""
    closing: list[str] = []
    position = start
    while position < len(text):
        character = text[position]
        if character in "'\"":
            whole = _QUOTED[character].match(text, position)
            if whole is None:
                return len(text)
            position = whole.end()
            continue
        if character in _CLOSING and (character != "<" or not closing):
            closing.append(_CLOSING[character])
        elif closing and character == closing[-1]:
            closing.pop()
            if not closing:
                return position + 1
        position += 1
    return len(text)
