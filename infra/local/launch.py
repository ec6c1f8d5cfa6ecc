"""Starts ministack, the AWS emulator, with the corrections Docmill needs. Nothing in site-packages is changed.

Each correction closes a gap between the emulator and AWS, or a delay that AWS does not have. They reach into one
version of the emulator, so another version is refused.
"""

import asyncio
import copy
import functools
import importlib.metadata
import logging
import socketserver
import sys
import threading
import time
import types

from settings import MINISTACK_VERSION

installed = importlib.metadata.version("ministack")
if installed != MINISTACK_VERSION:
    sys.exit(f"launch.py corrects ministack {MINISTACK_VERSION}, but {installed} is installed: run `make clean up`")

from ministack import app  # noqa: E402
from ministack.core import iam_actions, lambda_runtime  # noqa: E402
from ministack.services import apigateway, dynamodb, lambda_svc  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

log = logging.getLogger("docmill.launch")
in_stream = threading.local()

# Tries of one record inside one pass over a stream, before the pass is given up and begun again.
TRIES_IN_A_PASS = 20


def answer_functions_at_once():
    """The runtime API of a function waits 40 ms for a delayed acknowledgement, and 50 ms for a log line that
    may never come. AWS does neither."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.001, 0.001, 0.05)


def before_provisioning(resource_type, correct):
    """Passes the properties of a resource of the template through `correct` on their way to the emulator."""

    def corrected(provision):
        @functools.wraps(provision)
        def wrapper(*args, **kwargs):
            return provision(*(correct(a) if isinstance(a, dict) else a for a in args), **kwargs)

        return wrapper

    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    for verb in ("create", "update"):
        handlers[verb] = corrected(handlers[verb])


def read_cors_of_http_apis():
    """CloudFormation spells the keys of CorsConfiguration in PascalCase, the emulator's data plane reads camelCase."""

    def correct(properties):
        cors = properties.get("CorsConfiguration")
        if not isinstance(cors, dict):
            return properties
        return {**properties, "CorsConfiguration": {k[:1].lower() + k[1:]: v for k, v in cors.items()}}

    before_provisioning("AWS::ApiGatewayV2::Api", correct)


def read_numbers_given_as_parameters():
    """A Number parameter reaches the emulator as text, and it compares MaximumConcurrency with a number."""

    def correct(properties):
        scaling = properties.get("ScalingConfig")
        if not isinstance(scaling, dict):
            return properties
        return {**properties, "ScalingConfig": {k: int(v) for k, v in scaling.items()}}

    before_provisioning("AWS::Lambda::EventSourceMapping", correct)


def match_absent_parents():
    """In an event filter `{"a": {"b": [{"exists": false}]}}` matches a record without `a`; the emulator drops it."""
    match = lambda_svc._match_esm_filter

    def with_parents(record, pattern):
        if isinstance(record, dict) and isinstance(pattern, dict):
            absent = [key for key, below in pattern.items() if isinstance(below, dict) and key not in record]
            record = {**record, **{key: {} for key in absent}}
        return match(record, pattern)

    # The matcher recurses through its module's name, so every level passes here.
    lambda_svc._match_esm_filter = with_parents


def poll_streams_beside_queues():
    """The emulator reads queues and streams in one thread and calls the stream's function in it: a slow or failing
    `push` would hold up the workers. AWS polls each source by itself, and so does this."""
    poll_streams = lambda_svc._poll_dynamodb_streams
    ensure_poller = lambda_svc._ensure_poller
    wake = threading.Event()
    started = threading.Lock()

    def loop():
        in_stream.active = True
        while True:
            wake.clear()
            try:
                found = poll_streams()
            except Exception:
                log.exception("stream poller")
                found = False
            if not found:
                wake.wait(1)

    def ensure_both():
        ensure_poller()
        if started.acquire(blocking=False):
            threading.Thread(target=loop, daemon=True, name="stream-poller").start()

    lambda_svc._poll_dynamodb_streams = lambda: False
    lambda_svc._ensure_poller = ensure_both
    dynamodb.esm_wake = wake
    # A queue poller that was woken for nothing sleeps 50 ms, which the next message would wait for.
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.002


def retry_failed_stream_records():
    """The emulator ignores the batchItemFailures of a stream's function and goes on with the next batch. AWS calls
    again from the first failed record, for as long as the stream keeps it."""
    execute = lambda_svc._execute_function

    def until_accepted(function, event):
        result = execute(function, event)
        if not getattr(in_stream, "active", False):
            return result
        records = event["Records"]
        for tried in range(TRIES_IN_A_PASS):
            body = result.get("body")
            failures = body.get("batchItemFailures") if isinstance(body, dict) else None
            if result.get("error") or not failures:
                return result
            failed = {str(failure.get("itemIdentifier")) for failure in failures}
            first = next((n for n, record in enumerate(records)
                          if str(record["dynamodb"].get("SequenceNumber")) in failed), 0)
            records = records[first:]
            time.sleep(min(0.05 * 2**tried, 1))
            result = execute(function, {**event, "Records": records})
        # An error makes the poller keep its position and read the same batch again.
        return {"error": True, "body": {"errorType": "batchItemFailures", "errorMessage": f"{len(failed)} records"}}

    lambda_svc._execute_function = until_accepted


def take_loopback_for_tls():
    """The bucket policy refuses whatever does not come over TLS. Requests to this stack never leave the machine."""
    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)


def copied(value):
    """A copy of a JSON value that shares what cannot change."""
    if type(value) is dict:
        return {key: copied(member) for key, member in value.items()}
    if type(value) is list:
        return [copied(member) for member in value]
    if value is None or isinstance(value, (str, bytes, int, float)):
        return value
    return copy.deepcopy(value)


def copy_items_as_json():
    """A third of the emulator's time under load goes into copy.deepcopy, which remembers every object that it meets
    in case it meets it again; in items it never does."""
    dynamodb.copy = types.SimpleNamespace(deepcopy=copied)


class Closing(asyncio.Event):
    """Is set when a WebSocket closes, and wakes whoever waits for its next frame."""

    def __init__(self, outbox):
        super().__init__()
        self.outbox = outbox

    def set(self):
        super().set()
        self.outbox.put_nowait(None)


def wake_connections_for_frames():
    """Every open WebSocket wakes twice a second to see whether it is closing: a thousand of them take two thirds of
    the emulator's time. What is put into its outbox, None for its end, wakes it as well."""
    made = []

    def queue():
        made[:] = [asyncio.Queue()]
        return made[0]

    async def without_limit(next_frame, timeout):
        return await next_frame

    # A connection makes its outbox and, before anything else can run, what tells of its end.
    replaced = {"Queue": queue, "Event": lambda: Closing(made.pop()), "wait_for": without_limit}
    apigateway.asyncio = types.SimpleNamespace(**{**vars(asyncio), **replaced})


def authorize_queue_batches():
    """IAM has no action of its own for a batch: sqs:SendMessage allows SendMessageBatch. The emulator asks for
    sqs:SendMessageBatch, which does not exist."""
    extract = iam_actions.extract_iam_action

    @functools.wraps(extract)
    def without_batch(service, *args, **kwargs):
        action = extract(service, *args, **kwargs)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    iam_actions.extract_iam_action = without_batch


def correct():
    answer_functions_at_once()
    read_cors_of_http_apis()
    read_numbers_given_as_parameters()
    match_absent_parents()
    poll_streams_beside_queues()
    retry_failed_stream_records()
    take_loopback_for_tls()
    authorize_queue_batches()
    copy_items_as_json()
    wake_connections_for_frames()


if __name__ == "__main__":
    correct()
    app.main()
