"""What infra/iam_mutants.py takes away, and what it leaves. Run: python -m unittest discover -s infra/checks"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import iam_mutants as mutants  # noqa: E402

POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["a:Get", "a:Put"], "Resource": ["one", "two"]},
    {"Effect": "Allow", "Action": "b:Get", "Resource": "one"},
]}


def allowed(document):
    return {pair for pair in mutants.pairs([document])}


class IamMutants(unittest.TestCase):
    def test_lists_every_action_on_every_resource(self):
        expected = [("a:Get", "one"), ("a:Get", "two"), ("a:Put", "one"), ("a:Put", "two"), ("b:Get", "one")]
        self.assertEqual(mutants.pairs([POLICY]), expected)

    def test_takes_one_pair_and_leaves_the_others(self):
        for pair in allowed(POLICY):
            self.assertEqual(allowed(mutants.without(POLICY, *pair)), allowed(POLICY) - {pair})

    def test_takes_what_two_statements_allow_from_both(self):
        twice = {**POLICY, "Statement": [*POLICY["Statement"], {"Effect": "Allow", "Action": "a:Get", "Resource": "one"}]}
        self.assertEqual(allowed(mutants.without(twice, "a:Get", "one")), allowed(POLICY) - {("a:Get", "one")})

    def test_keeps_the_rest_of_a_statement(self):
        under = {"Statement": [{"Sid": "S", "Effect": "Allow", "Action": ["a:Get", "a:Put"], "Resource": "one", "Condition": {}}]}
        (kept,) = mutants.without(under, "a:Get", "one")["Statement"]
        self.assertEqual((kept["Sid"], kept["Condition"], kept["Action"]), ("S", {}, ["a:Put"]))

    def test_names_a_resource_without_its_deployment(self):
        for arn, name in (("arn:aws:dynamodb:us-east-1:0:table/docmill-JobsTable-335430A0C29C9/index/due", "table/JobsTable/index/due"),
                          ("arn:aws:s3:::docmill-bucket-1905e4c51c5b3/jobs/*", "bucket/jobs/*"),
                          ("arn:aws:execute-api:us-east-1:0:7656741c/live/POST/@connections/*", "live/POST/@connections/*")):
            self.assertEqual(mutants.short(arn), name)

    def test_what_is_not_evaluated_has_a_reason_and_a_rule(self):
        why, held = mutants.not_evaluated(mutants.Mutant("worker", "logs:PutLogEvents", "x"))
        self.assertTrue(why and held.startswith("security.py: "))
        self.assertIsNone(mutants.not_evaluated(mutants.Mutant("worker", "dynamodb:GetItem", "x")))
        self.assertIsNone(mutants.not_evaluated(mutants.Mutant("sweep", "sqs:ReceiveMessage", "x")))


if __name__ == "__main__":
    unittest.main()
