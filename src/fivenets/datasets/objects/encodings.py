"""Bytes of a text file -> text, by what the file itself says of its encoding."""

import codecs
import re

MARKS = (  # at the start of a file; UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDTHS = (  # without a mark: the zeros around a first letter of ASCII (XML 1.0, appendix F)
    (re.compile(rb"[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]"), "utf-16-be"),
)
DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")
# What programs write under the older name: the same, and more letters.
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "big5": "cp950"}
WIDER |= {"euc_kr": "cp949"}


def marked(data: bytes) -> str | None:
    """The encoding that a byte-order mark, or zeros between letters, give away; else None."""
    by_mark = (name for mark, name in MARKS if data.startswith(mark))
    by_width = (name for pattern, name in WIDTHS if pattern.match(data))
    return next(by_mark, None) or next(by_width, None)


def xml_text(data: bytes) -> str:
    """The text of an XML file. expat reads UTF-8, UTF-16 and Latin-1 by itself, but no GB2312.

    Raises: ValueError, what is wrong with the file.
    """
    name = marked(data)
    declared = None if name else DECLARATION.match(data)
    if name is None:
        name = declared[1].decode() if declared else "utf-8"
    if declared and re.match("utf-?(16|32)|ucs", name, re.IGNORECASE):
        # In letters of 16 bits this could not have been read: .NET names them in UTF-8 files.
        name = "utf-8"
    try:
        wider = WIDER.get(codecs.lookup(name).name)
        try:
            return data.decode(name)
        except UnicodeError:
            if wider is None:
                raise
            return data.decode(wider)
    except LookupError:
        raise ValueError(f"names the encoding {name}, which is unknown") from None
    except UnicodeError:
        says = "as it says" if declared else "and it names no other encoding"
        raise ValueError(f"is not in {name.upper()}, {says}") from None
