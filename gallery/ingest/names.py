"""File names as display text: whatever a browser sends, made safe to show. Keys in the store are never made of it."""

import re
import unicodedata

LONGEST = 200

_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_SEPARATORS = re.compile(r"[\\/]")


def display_name(sent: str) -> str:
    """
    The last part of ``sent``, in NFC, without control and bidirectional characters, at most 200 characters.

    The end is kept when it is cut, because it says the type.
    """
    last = _SEPARATORS.split(sent)[-1]
    normal = unicodedata.normalize("NFC", last).translate(_BIDI)
    shown = "".join(letter for letter in normal if unicodedata.category(letter)[0] != "C").strip()
    if len(shown) > LONGEST:
        shown = f"{shown[: LONGEST - 21]}…{shown[-20:]}"
    return shown
