"""The corrections of launch.py do what they say. Run: python -m unittest discover -s infra/local"""

import asyncio
import collections
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))

import launch  # noqa: E402
from ministack.core import iam_actions, iam_evaluator  # noqa: E402
from ministack.services import apigateway, lambda_svc  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

RECORD = {"job_id": {"S": "1"}, "version": {"N": "2"}}
LOUD = {"dynamodb": {"NewImage": {"job_id": {"S": [{"exists": True}]}, "quiet": {"BOOL": [{"exists": False}]}}}}


def restored(owner, name):
    """Puts an attribute back when the test is over, since the corrections change modules."""
    return mock.patch.object(owner, name, getattr(owner, name))


def for_this_test(test, patch):
    patch.start()
    test.addCleanup(patch.stop)


class Filters(unittest.TestCase):
    def setUp(self):
        for_this_test(self, restored(lambda_svc, "_match_esm_filter"))
        launch.match_absent_parents()

    def matches(self, image):
        return lambda_svc._match_esm_filter({"dynamodb": image}, LOUD)

    def test_absent_attribute_passes(self):
        self.assertTrue(self.matches({"NewImage": RECORD}))

    def test_quiet_record_does_not(self):
        self.assertFalse(self.matches({"NewImage": {**RECORD, "quiet": {"BOOL": True}}}))

    def test_removal_does_not(self):
        self.assertFalse(self.matches({"OldImage": RECORD}))


class Properties(unittest.TestCase):
    def corrected(self, kind, correct, properties):
        seen = []
        handlers = {kind: dict.fromkeys(("create", "update"), lambda *args: seen.append(args))}
        with mock.patch.object(provisioners, "_RESOURCE_HANDLERS", handlers):
            correct()
            handlers[kind]["create"]("Name", properties, "stack")
        return seen[0][1]

    def test_cors_is_spelled_as_it_is_read(self):
        given = {"CorsConfiguration": {"AllowOrigins": ["x"], "MaxAge": 1}, "Name": "api"}
        self.assertEqual(self.corrected("AWS::ApiGatewayV2::Api", launch.read_cors_of_http_apis, given),
                         {"CorsConfiguration": {"allowOrigins": ["x"], "maxAge": 1}, "Name": "api"})

    def test_concurrency_is_a_number(self):
        given = {"ScalingConfig": {"MaximumConcurrency": "4"}}
        self.assertEqual(
            self.corrected("AWS::Lambda::EventSourceMapping", launch.read_numbers_given_as_parameters, given),
            {"ScalingConfig": {"MaximumConcurrency": 4}})


class Streams(unittest.TestCase):
    def setUp(self):
        for_this_test(self, restored(lambda_svc, "_execute_function"))
        for_this_test(self, mock.patch.object(launch.time, "sleep"))
        self.calls = []

    def run_push(self, answers, in_stream=True):
        def function(_function, event):
            self.calls.append([record["dynamodb"]["SequenceNumber"] for record in event["Records"]])
            return {"body": {"batchItemFailures": [{"itemIdentifier": n} for n in answers.pop(0)]}} if answers else {"body": None}

        lambda_svc._execute_function = function
        launch.retry_failed_stream_records()
        with mock.patch.object(launch, "in_stream", mock.Mock(active=in_stream)):
            return lambda_svc._execute_function({}, {"Records": [{"dynamodb": {"SequenceNumber": n}} for n in "abc"]})

    def test_goes_on_from_the_first_failure(self):
        result = self.run_push([["b", "c"], ["b"], []])
        self.assertEqual(self.calls, [["a", "b", "c"], ["b", "c"], ["b", "c"]])
        self.assertNotIn("error", result)

    def test_keeps_its_position_when_a_record_goes_on_failing(self):
        result = self.run_push([["a"]] * 100)
        self.assertTrue(result["error"])
        self.assertEqual(len(self.calls), 1 + launch.TRIES_IN_A_PASS)

    def test_leaves_other_invocations_alone(self):
        self.run_push([["a"]], in_stream=False)
        self.assertEqual(len(self.calls), 1)


class Copies(unittest.TestCase):
    def test_share_nothing_that_can_change(self):
        item = {"leases": {"M": {"1": {"L": [{"S": "token"}]}}}, "open": {"BOOL": True}, "raw": {"B": b"x"}}
        tables = collections.defaultdict(dict, {"jobs": item})
        for value in (item, tables):
            with self.subTest(type(value)):
                copy = launch.copied(value)
                self.assertEqual((copy, type(copy)), (value, type(value)))
        launch.copied(item)["leases"]["M"]["1"]["L"].append("more")
        self.assertEqual(len(item["leases"]["M"]["1"]["L"]), 1)


class Connections(unittest.TestCase):
    def setUp(self):
        for_this_test(self, restored(apigateway, "asyncio"))
        launch.wake_connections_for_frames()

    async def drain(self, then):
        """What a connection of the emulator takes from its outbox, made as the emulator makes it."""
        outbox = apigateway.asyncio.Queue()
        closing = apigateway.asyncio.Event()
        taken = []

        async def take():
            while not closing.is_set():
                item = await apigateway.asyncio.wait_for(outbox.get(), timeout=0.001)
                if item is None:
                    return
                taken.append(item)

        taking = apigateway.asyncio.create_task(take())
        await asyncio.sleep(0.01)
        then(outbox, closing)
        await asyncio.wait_for(taking, 5)
        return taken

    def test_frames_arrive_and_closing_ends_the_wait(self):
        def then(outbox, closing):
            outbox.put_nowait("frame")
            asyncio.get_running_loop().call_later(0.01, closing.set)

        self.assertEqual(asyncio.run(self.drain(then)), ["frame"])

    def test_connections_made_together_keep_to_themselves(self):
        async def both():
            first = self.drain(lambda outbox, closing: (outbox.put_nowait("a"), outbox.put_nowait(None)))
            second = self.drain(lambda outbox, closing: (outbox.put_nowait("b"), outbox.put_nowait(None)))
            return await asyncio.gather(first, second)

        self.assertEqual(asyncio.run(both()), [["a"], ["b"]])


class Authorization(unittest.TestCase):
    def action(self, service, name):
        return iam_actions.extract_iam_action(service, "POST", "/", {"x-amz-target": f"X.{name}"}, b"{}", {})

    def test_a_batch_needs_the_right_of_its_members(self):
        with restored(iam_actions, "extract_iam_action"):
            launch.authorize_queue_batches()
            self.assertEqual(self.action("sqs", "SendMessageBatch"), "sqs:SendMessage")
            self.assertEqual(self.action("sqs", "SendMessage"), "sqs:SendMessage")

    def test_loopback_counts_as_tls(self):
        with restored(launch.app, "pin_request_origin"):
            launch.take_loopback_for_tls()
            launch.app.pin_request_origin("127.0.0.1", False)
            self.assertEqual(iam_evaluator._request_origin.get(), ("127.0.0.1", True))


if __name__ == "__main__":
    unittest.main()
