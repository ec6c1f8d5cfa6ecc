"""The home-made system that Docmill replaces: Flask takes a request, Celery on Redis works off a group of chunks and
merges them. Two jobs: `/jobs` with empty chunks, so that nothing but the platform is measured, and `/books`, which
makes sentences of a French PDF as such systems do: small PDFs of five pages, base64 in the broker, one task each.
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
def chunk(job, number):
    STORE.hincrby(f"job:{job}", "done", 1)
    return number


@celery.task(name="merge")
def merge(numbers, job):
    STORE.hset(f"job:{job}", mapping={"status": "completed", "merged": len(numbers)})


@celery.task(name="orchestrate")
def orchestrate(job, chunks):
    STORE.hset(f"job:{job}", mapping={"status": "processing", "chunks": chunks})
    chord(group(chunk.s(job, number) for number in range(chunks)), merge.s(job)).apply_async()


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
    reader = PdfReader(io.BytesIO(base64.b64decode(document)))
    pages = len(reader.pages)
    tasks = []
    for first in range(0, pages, CHUNK_PAGES - OVERLAP_PAGES):
        writer, part = PdfWriter(), io.BytesIO()
        for page in range(first, min(first + CHUNK_PAGES, pages)):
            writer.add_page(reader.pages[page])
        writer.write(part)
        tasks.append(book_chunk.s(job, len(tasks), base64.b64encode(part.getvalue()).decode()))
        if first + CHUNK_PAGES >= pages:
            break
    STORE.hset(f"job:{job}", mapping={"status": "processing", "pages": pages, "chunks": len(tasks)})
    chord(group(tasks), book_merge.s(job)).apply_async()


app = Flask(__name__)


def create():
    job = uuid.uuid4().hex
    STORE.hset(f"job:{job}", mapping={"status": "pending", "done": 0, "created": time.time()})
    return job


@app.post("/jobs")
def submit():
    chunks = int(request.files["file"].read())
    job = create()
    orchestrate.delay(job, chunks)
    return jsonify(job_id=job, status="pending"), 202


@app.post("/books")
def submit_book():
    document = request.files["file"].read()
    if not document.startswith(b"%PDF"):
        return jsonify(error="not a PDF"), 415
    job = create()
    book.delay(job, base64.b64encode(document).decode())
    return jsonify(job_id=job, status="pending"), 202


@app.get("/jobs/<job>")
def show(job):
    fields = {name.decode(): value.decode() for name, value in STORE.hgetall(f"job:{job}").items()}
    return (jsonify(fields), 200) if fields else (jsonify(error="unknown"), 404)
