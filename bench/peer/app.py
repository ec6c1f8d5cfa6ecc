"""The home-made system that Docmill replaces: Flask takes a request, Celery on Redis works off a group of chunks and
merges them. Documents and their parts go through the broker in base64, as in such systems. Three jobs: `/jobs`, whose
first line is a number of chunks and whose rest is cut into that many parts, and `/pages`, a PDF cut into small PDFs of
five pages, both of chunks that do nothing, so that the platform is measured and no work; and `/books`, which makes
sentences of the small PDFs.
"""

import base64
import io
import json
import os
import re
import time
import uuid

import redis
from celery import Celery, chord, group
from flask import Flask, jsonify, request
from pypdf import PdfReader, PdfWriter

URL = os.environ["REDIS_URL"]
STORE = redis.Redis.from_url(URL)
SENTENCE_END = re.compile(r"(?<=[.!?…»])\s+(?=[A-ZÀ-ÖØ-ÝŒ«“\"—–-])")
CHUNK_PAGES, OVERLAP_PAGES = 5, 1
# How far back a chunk's sentences are looked for among those of the chunks before it.
OVERLAP_SENTENCES = 200

celery = Celery("peer", broker=URL, backend=URL)
celery.conf.update(
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    # As the systems it stands for were set up: one task at a time, acknowledged when done.
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    result_expires=3600,
)


@celery.task(name="chunk")
def chunk(job, number, _part):
    STORE.hincrby(f"job:{job}", "done", 1)
    return number


@celery.task(name="merge")
def merge(numbers, job):
    STORE.hset(f"job:{job}", mapping={"status": "completed", "merged": len(numbers)})


def encoded(part):
    return base64.b64encode(part).decode()


def start(job, tasks, last):
    STORE.hset(f"job:{job}", mapping={"status": "processing", "chunks": len(tasks)})
    chord(group(tasks), last.s(job)).apply_async()


@celery.task(name="parts")
def parts(job, document):
    line, _, carried = base64.b64decode(document).partition(b"\n")
    count = int(line)
    cuts = [len(carried) * number // count for number in range(count + 1)]
    start(job, [chunk.s(job, n, encoded(carried[cuts[n]:cuts[n + 1]])) for n in range(count)], merge)


def small_documents(document):
    reader = PdfReader(io.BytesIO(base64.b64decode(document)))
    pages = len(reader.pages)
    for first in range(0, pages, CHUNK_PAGES - OVERLAP_PAGES):
        writer, part = PdfWriter(), io.BytesIO()
        for page in range(first, min(first + CHUNK_PAGES, pages)):
            writer.add_page(reader.pages[page])
        writer.write(part)
        yield encoded(part.getvalue())
        if first + CHUNK_PAGES >= pages:
            break


@celery.task(name="pages")
def pages(job, document):
    start(job, [chunk.s(job, n, part) for n, part in enumerate(small_documents(document))], merge)


def sentences(text):
    text = re.sub(r"-\n(?=[a-zà-ÿ])", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    return [part.strip() for part in SENTENCE_END.split(text) if part.strip()]


@celery.task(name="book_chunk")
def book_chunk(job, number, document):
    reader = PdfReader(io.BytesIO(base64.b64decode(document)))
    found = sentences("\n".join(page.extract_text() or "" for page in reader.pages))
    STORE.hincrby(f"job:{job}", "done", 1)
    return [number, found]


@celery.task(name="book_merge")
def book_merge(results, job):
    merged = []
    for _, found in sorted(results):
        known = set(merged[-OVERLAP_SENTENCES:])
        begin = next((at for at in range(min(6, len(found))) if found[at] in known), 0)
        while begin < len(found) and found[begin] in known:
            begin += 1
        merged.extend(found[begin:])
    STORE.set(f"result:{job}", json.dumps(merged, ensure_ascii=False))
    STORE.hset(f"job:{job}", mapping={"status": "completed", "sentences": len(merged)})


@celery.task(name="book")
def book(job, document):
    start(job, [book_chunk.s(job, n, part) for n, part in enumerate(small_documents(document))], book_merge)


app = Flask(__name__)


def submit(task):
    document = request.files["file"].read()
    job = uuid.uuid4().hex
    STORE.hset(f"job:{job}", mapping={"status": "pending", "done": 0, "created": time.time()})
    task.delay(job, encoded(document))
    return jsonify(job_id=job, status="pending"), 202


@app.post("/jobs")
def submit_parts():
    return submit(parts)


@app.post("/pages")
def submit_pages():
    return submit(pages)


@app.post("/books")
def submit_book():
    return submit(book)


@app.get("/jobs/<job>")
def show(job):
    fields = {name.decode(): value.decode() for name, value in STORE.hgetall(f"job:{job}").items()}
    return (jsonify(fields), 200) if fields else (jsonify(error="unknown"), 404)
