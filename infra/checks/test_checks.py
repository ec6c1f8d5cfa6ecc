"""Each check passes what is right and names what is wrong. Run: python -m unittest discover -s infra/checks"""

import struct
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import dependencies  # noqa: E402
import doors  # noqa: E402
import glibc  # noqa: E402
import licences  # noqa: E402
import template  # noqa: E402


def elf_needing(*versions):
    """An ELF file with nothing but a section table, a string table and what it needs of libc.so.6."""
    names = b"\0libc.so.6\0" + b"".join(version.encode() + b"\0" for version in versions)
    records, at = b"", names.index(b"libc")
    for n, version in enumerate(versions):
        last = n == len(versions) - 1
        records += struct.pack("<IHHII", 0, 0, n + 2, names.index(version.encode()), 0 if last else 16)
    needs = struct.pack("<HHIII", 1, len(versions), at, 16, 0) + records
    needs_at, names_at = 64, 64 + len(needs)
    table_at = names_at + len(names)
    header = b"\x7fELF\x02\x01\x01" + bytes(33) + struct.pack("<Q", table_at) + bytes(10) + struct.pack("<HHH", 64, 3, 0)

    def section(kind, offset, link):
        return struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, offset, 0, link, 0, 0, 0)

    return header + needs + names + section(0, 0, 0) + section(glibc.SHT_GNU_VERNEED, needs_at, 2) + section(3, names_at, 0)


class Licences(unittest.TestCase):
    def package(self, **changes):
        return {"name": "a", "version": "1.0.0", "identifier": "MIT", "text": "Permission is hereby granted", **changes}

    def test_permissive_ones_pass(self):
        for expression in ("MIT", "(MIT OR GPL-3.0-only)", "MIT AND ISC", "Apache-2.0"):
            self.assertEqual(list(licences.problems([self.package(identifier=expression)])), [], expression)

    def test_others_are_named(self):
        for expression in ("GPL-3.0-only", "MIT AND GPL-3.0-only", "AGPL-3.0-or-later", "UNLICENSED", "SEE LICENSE IN x",
                           "MIT AND ISC OR GPL-2.0-only", "OR", "", None):
            self.assertEqual(len(list(licences.problems([self.package(identifier=expression)]))), 1, expression)

    def test_a_licence_without_its_text_is_named(self):
        self.assertEqual(list(licences.problems([self.package(text=" ")])), ["a 1.0.0 brings no text of its licence"])


class Doors(unittest.TestCase):
    def test_reads_past_the_doors_are_named(self):
        for call in ("self.engine.jobs.get(id)", "engine\n    .details\n    .details(id)", "self.engine.read(id)", "x.jobs.list(&t)"):
            self.assertEqual(len(list(doors.violations("a.rs", f"let a = {call}.await?;"))), 1, call)

    def test_reads_through_the_doors_and_writes_are_not(self):
        for call in ("self.doors.job(caller, id, action)", "self.doors.events(&granted, 0, 1)", "self.engine.jobs.create(new)"):
            self.assertEqual(list(doors.violations("a.rs", call)), [], call)


class Glibc(unittest.TestCase):
    def test_reads_every_version(self):
        self.assertEqual(glibc.needed_versions(elf_needing("GLIBC_2.2.5", "GLIBC_2.34")), {"GLIBC_2.2.5", "GLIBC_2.34"})

    def test_compares_numbers_and_not_letters(self):
        self.assertEqual(glibc.newest_glibc(elf_needing("GLIBC_2.9", "GLIBC_2.17", "GLIBC_2.2.5")), (2, 17))

    def test_knows_too_new(self):
        self.assertGreater(glibc.newest_glibc(elf_needing("GLIBC_2.35")), glibc.NEWEST)
        self.assertLessEqual(glibc.newest_glibc(elf_needing("GLIBC_2.34")), glibc.NEWEST)

    def test_ends_with_one_line(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(elf_needing("GLIBC_2.39"))
            file.flush()
            with self.assertRaisesRegex(SystemExit, "needs glibc 2.39, but the functions' runtime has 2.34"):
                glibc.main([file.name])

    def test_refuses_other_files(self):
        with self.assertRaises(ValueError):
            glibc.needed_versions(b"#!/bin/sh\n")

    def test_reads_a_real_program(self):
        self.assertTrue(glibc.needed_versions(Path(sys.executable).resolve().read_bytes()))


GOOD = """
Parameters: {Limit: {Type: Number, Default: 300}}
Globals: {Function: {Timeout: 3}}
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: !Ref Limit
      Role: !GetAtt WorkRole.Arn
      LoggingConfig: {LogGroup: !Ref WorkLog}
      Events:
        Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}}
        S: {Type: DynamoDB, Properties: {Stream: x, MaximumRetryAttempts: -1, FunctionResponseTypes: [ReportBatchItemFailures]}}
  WorkLog: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 14}}
  WorkRole:
    Type: AWS::IAM::Role
    Properties: {Policies: [{PolicyDocument: {Statement: [{Action: "sqs:SendMessage", Resource: !GetAtt Queue.Arn}]}}]}
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 360, RedrivePolicy: {maxReceiveCount: 10}}}
"""

ANOTHER_ON_THE_SAME_ROLE = """
  More:
    Type: AWS::Serverless::Function
    Properties: {Role: !GetAtt WorkRole.Arn, LoggingConfig: {LogGroup: !Ref WorkLog}}
"""


class Template(unittest.TestCase):
    def complains(self, text, about):
        found = template.violations(text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(about, found[0])

    def test_accepts_what_is_right(self):
        self.assertEqual(template.violations(GOOD), [])

    def test_accepts_this_projects_template(self):
        self.assertEqual(template.violations(template.TEMPLATE.read_text()), [])

    def test_visibility_must_exceed_the_time_out(self):
        self.complains(GOOD.replace("VisibilityTimeout: 360", "VisibilityTimeout: 300"), "may run for 300 s")

    def test_visibility_has_a_default_of_30_s(self):
        self.complains(GOOD.replace("VisibilityTimeout: 360, ", ""), "for 30 s")

    def test_dead_letters_come_after_five_receives(self):
        self.complains(GOOD.replace("maxReceiveCount: 10", "maxReceiveCount: 3"), "dead-letter")

    def test_queues_report_partial_failures(self):
        self.complains(GOOD.replace("Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures]", "Queue.Arn"), "Work: Q lacks")

    def test_streams_report_partial_failures(self):
        self.complains(GOOD.replace("-1, FunctionResponseTypes: [ReportBatchItemFailures]", "-1"), "Work: S lacks")

    def test_streams_do_not_give_up(self):
        self.complains(GOOD.replace("MaximumRetryAttempts: -1", "MaximumRetryAttempts: 3"), "not 3")
        self.complains(GOOD.replace("MaximumRetryAttempts: -1, ", ""), "not None")

    def test_logs_end(self):
        self.complains(GOOD.replace("RetentionInDays: 14", "LogGroupName: x"), "WorkLog has no RetentionInDays")

    def test_functions_log_to_the_templates_groups(self):
        self.complains(GOOD.replace("      LoggingConfig: {LogGroup: !Ref WorkLog}\n", ""), "does not log")

    def test_roles_are_not_shared(self):
        self.complains(GOOD + ANOTHER_ON_THE_SAME_ROLE, "share WorkRole")

    def test_functions_have_roles(self):
        self.complains(GOOD.replace("      Role: !GetAtt WorkRole.Arn\n", ""), "no role")

    def test_policies_are_narrow(self):
        self.complains(GOOD.replace("sqs:SendMessage", "sqs:*"), "too wide")
        self.complains(GOOD.replace("Resource: !GetAtt Queue.Arn", 'Resource: "*"'), "too wide")

    def test_the_worker_has_room_for_a_document(self):
        worker = GOOD.replace("  Work:\n", "  Worker:\n")
        self.complains(worker, "may have 128 MB")
        self.complains(worker.replace("Timeout: !Ref Limit", "MemorySize: !Ref Limit"), "may have 0 MB")
        self.assertEqual(template.violations(worker.replace("Timeout: !Ref Limit", "MemorySize: 1024")), [])


class Dependencies(unittest.TestCase):
    def violations(self, package, listing):
        return list(dependencies.violations(package, listing))

    def test_accepts_what_points_down(self):
        listing = "docmill-pipelines v0.1.0 (/x)\ndocmill-core v0.1.0 (/y)\nserde v1.0.0\nawscrate v1.0.0\n"
        self.assertEqual(self.violations("docmill-pipelines", listing), [])

    def test_names_aws_below(self):
        found = self.violations("docmill-core", "docmill-core v0.1.0\naws-smithy-types v1.0.0\nlambda_runtime v1.5.0\n")
        self.assertEqual(found, ["docmill-core must know nothing of AWS, but depends on aws-smithy-types, lambda_runtime"])

    def test_names_what_points_up(self):
        found = self.violations("docmill-documents", "docmill-documents v0.1.0\ndocmill-pipelines v0.1.0\n")
        self.assertEqual(found, ["docmill-documents must not depend on docmill-pipelines"])


if __name__ == "__main__":
    unittest.main()
