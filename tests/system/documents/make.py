"""Writes the documents of this folder that mean harm. Same bytes every time.

    python3 make.py                  into this folder
    python3 make.py --large FOLDER   honest documents of a size that is at a limit, too large to be kept here
"""

import random
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).parent


def pdf(objects):
    """A file of these objects (bodies without `obj`), numbered from 1; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def compressed(piece, size):
    """`size` bytes of `piece` again and again, compressed without ever being there at once."""
    packer, block = zlib.compressobj(9), piece * ((1 << 20) // len(piece))
    out = b"".join(packer.compress(block) for _ in range(size // len(block)))
    return out + packer.flush()


def bomb():
    content = zlib.compress(compressed(b"q 1 0 0 1 0 0 cm Q ", 1 << 30), 9)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(content) + content + b"\nendstream"
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        stream,
    ])


ONE_PAGE = [
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
]


def nested():
    """A content stream behind more filters than anybody has a reason for."""
    content, filters = compressed(b"q 1 0 0 1 0 0 cm Q ", 1 << 28), [b"/FlateDecode"]
    for _ in range(40):
        content, filters = zlib.compress(content, 9), filters + [b"/FlateDecode"]
    content, filters = content.hex().encode() + b">", [b"/ASCIIHexDecode"] + filters
    stream = b"<< /Length %d /Filter [%s] >>\nstream\n" % (len(content), b" ".join(filters)) + content + b"\nendstream"
    return pdf([*ONE_PAGE, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>", stream])


def objects():
    """An object stream of one gigabyte, in which the page is."""
    head = b"3 0 "
    body = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >> "
    packer = zlib.compressobj(9)
    content = packer.compress(head + body)
    block = b" " * (1 << 20)
    content = zlib.compress(content + b"".join(packer.compress(block) for _ in range(1 << 10)) + packer.flush(), 9)
    stream = b"<< /Type /ObjStm /N 1 /First %d /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n"
    stream %= len(head), len(content)
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, text in enumerate([*ONE_PAGE, None, stream + content + b"\nendstream"], 1):
        places.append(len(out))
        if text is not None:
            out += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    table = len(out)
    entry = lambda kind, at, index: bytes([kind]) + at.to_bytes(4, "big") + bytes([index])  # noqa: E731
    rows = entry(0, 0, 0) + entry(1, places[0], 0) + entry(1, places[1], 0) + entry(2, 4, 0) + entry(1, places[3], 0)
    rows += entry(1, table, 0)
    out += b"5 0 obj\n<< /Type /XRef /Size 6 /W [1 4 1] /Root 1 0 R /Length %d >>\nstream\n" % len(rows) + rows
    out += b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def letters():
    """A font that says in one gigabyte what its letters mean."""
    cmap = zlib.compress(compressed(b"<0041> <0041> ", 1 << 30), 9)
    content = b"BT /F1 11 Tf 56 720 Td (AAAA) Tj ET"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 5 0 R >>"
    return pdf([
        *ONE_PAGE,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 %s >> >> >>" % font,
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(cmap) + cmap + b"\nendstream",
    ])


def loop():
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R] /Count 1000000 >>",
    ])


def pages(count, picture_bytes=0):
    """Two lines on each page; with pictures of noise, which no filter makes smaller."""
    noise = random.Random(count)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for page in range(count):
        # In letters: what stands at the top of every page but for its numbers is a running head.
        name = bytes(ord("a") + int(digit) for digit in str(page))
        content = b"BT /F1 11 Tf 14 TL 56 720 Td (Paul lisait %s.) Tj T* (Marie regardait %s.) Tj ET" % (name, name)
        resources = b"/Font << /F1 3 0 R >>"
        if picture_bytes:
            entries = b"/Type /XObject /Subtype /Image /Width %d /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
            entries = entries % picture_bytes + b" /Length %d" % picture_bytes
            objects.append(b"<< " + entries + b" >>\nstream\n" + noise.randbytes(picture_bytes) + b"\nendstream")
            resources += b" /XObject << /I %d 0 R >>" % len(objects)
            content += b" q 500 0 0 50 50 50 cm /I Do Q"
        objects.append(b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream")
        entries = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R" % len(objects)
        objects.append(b"<< " + entries + b" /Resources << " + resources + b" >> >>")
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [" + b" ".join(kids) + b"] /Count %d >>" % count
    return pdf(objects)


if sys.argv[1:2] == ["--large"]:
    folder = Path(sys.argv[2])
    documents = {"pages-1000": pages(1000), "pages-2400": pages(2400), "pictures-29mb": pages(60, 480_000)}
else:
    folder, documents = HERE, {"bomb": bomb(), "letters": letters(), "loop": loop(), "nested": nested(), "objects": objects()}
for name, document in documents.items():
    (folder / f"{name}.pdf").write_bytes(document)
