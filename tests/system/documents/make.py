"""Writes the documents of this folder that mean harm. Same bytes every time."""

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


def loop():
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R] /Count 1000000 >>",
    ])


for name, document in (("bomb", bomb()), ("loop", loop())):
    (HERE / f"{name}.pdf").write_bytes(document)
