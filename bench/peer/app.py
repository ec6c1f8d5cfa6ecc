"""The home-made system that Docmill replaces, cut down to its platform: Flask takes a request, Celery on Redis works
off a group of chunks and a merge. The chunks are empty, so that nothing but the platform is measured.
"""

import os
import time
import uuid

import redis
from celery import Celery, chord, group
from flask import Flask, jsonify, request

URL = os.environ["REDIS_URL"]
STORE = redis.Redis.from_url(URL)

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


app = Flask(__name__)


@app.post("/jobs")
def submit():
    chunks = int(request.files["file"].read())
    job = uuid.uuid4().hex
    STORE.hset(f"job:{job}", mapping={"status": "pending", "done": 0, "created": time.time()})
    orchestrate.delay(job, chunks)
    return jsonify(job_id=job, status="pending"), 202


@app.get("/jobs/<job>")
def show(job):
    fields = {name.decode(): value.decode() for name, value in STORE.hgetall(f"job:{job}").items()}
    return (jsonify(fields), 200) if fields else (jsonify(error="unknown"), 404)
