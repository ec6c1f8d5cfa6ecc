#!/usr/bin/env python3
"""Mutants of the functions' permissions: each (role, action, resource) of the deployed stack is taken away by itself, the
tests that concern its function run, and one of them must fail. What survives is a permission that nobody needs or a test
that is missing. `make iam-mutants` starts the stack that this runs against.

usage: iam_mutants.py [--only ROLE]... [--matching REGEX] [--resume] [--list]
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent / "local"))

import environment  # noqa: E402
from settings import ROOT, STACK, STATE, Failure  # noqa: E402

RECORD = STATE.parent / "iam-mutants.json"

# The test files that concern a function, the likeliest to fail first. A function that is not here gets all of them.
CONCERNS = {
    "intake": ["uploads", "permissions", "control", "limits", "live", "results", "companies", "callbacks", "deletion",
               "company_data", "operators", "editions"],
    "status": ["results", "listing", "service", "following", "companies", "deletion", "operators", "editions"],
    "worker": ["results", "permissions", "control", "faults", "limits", "books"],
    "push": ["live", "permissions", "following", "companies", "callbacks", "deletion"],
    "callback": ["callbacks"],
    "socket": ["live", "permissions", "tickets", "companies"],
    "sweep": ["permissions", "faults", "limits", "control", "deletion", "company_data", "accounts",
              "editions"],
    "site": ["service"],
}
# Permissions that one thing alone needs: the file that shows it goes first.
SHOWN_BY = [
    (r"intake dynamodb:(BatchWriteItem|ConditionCheckItem) .*Accounts", "company_data"),
    (r"\w+ s3:\w+ .*editions", "editions"),
    (r"(intake|sweep) s3:\w+ .*exports", "company_data"),
    (r"sweep s3:GetObject .*results", "company_data"),
    (r"sweep dynamodb:(BatchWriteItem|DeleteItem) .*Accounts", "company_data"),
    (r"sweep dynamodb:(BatchGetItem|PutItem) .*Accounts", "accounts"),
    (r"intake s3:DeleteObject", "deletion"),
    (r"intake dynamodb:(BatchWriteItem|Query) .*Events", "deletion"),
    (r"intake s3:GetObject .*parked", "operators"),
    (r"status dynamodb:BatchGetItem .*Jobs", "operators"),
    (r"status dynamodb:Query .*board", "operators"),
    (r"status sqs:GetQueueAttributes (Callback|.*DeadLetters)", "operators"),
    (r"push sqs:SendMessage", "callbacks"),
    (r"worker sqs:SendMessage HighQueue", "permissions"),
    (r"push dynamodb:(BatchWriteItem|Query) .*Events", "deletion"),
    (r"status dynamodb:\w+ .*Accounts", "companies"),
    (r"(push|socket) dynamodb:\w+ .*Accounts", "companies"),
]
# These are no tests of a permission: they look for what other tests leave behind, or steer faults that are not there.
NOT_RUN = {"under_faults", "zz_nothing_is_left"}

# Permissions that the local AWS never asks for, so that no test can miss them: why, and the static check that holds them.
NOT_EVALUATED = [
    (r"logs:\w+", "Lambda writes the logs itself", "security.py: log_rights"),
    (r"sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)", "the event source polls without the role",
     "security.py: polling_rights"),
    (r"dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)", "the event source polls without the role",
     "security.py: polling_rights"),
    (r"lambda:InvokeFunction", "the scheduler invokes without the role that SAM makes for it", "template.yaml: EveryMinute"),
    (r"s3:ListBucket", "only decides between 403 and 404 for what is not there", "security.py: missing_objects"),
]
# What the functions ask for themselves, though its kind stands in the list above.
EVALUATED = {
    ("sweep", "sqs:ReceiveMessage"), ("sweep", "sqs:DeleteMessage"), ("sweep", "s3:ListBucket"),
    ("status", "sqs:GetQueueAttributes"), ("status", "s3:ListBucket"),
}

# A test that waits for what cannot come gives up after this long, instead of after a minute and a half.
WAIT_S = 25
# A test file that runs longer hangs and is ended, which is a failure too.
FILE_LIMIT_S = 240
# Runs of a file whose failures do not come again.
TRIES = 3
# Tests mostly wait: more of them at a time than there are processors.
TEST_THREADS = 6
FAILED = re.compile(r"test (\S+) \.\.\. FAILED")


class Mutant(NamedTuple):
    role: str
    action: str
    resource: str

    @property
    def key(self):
        return f"{self.role} {self.action} {short(self.resource)}"


def listed(value):
    return value if isinstance(value, list) else [value]


def short(arn):
    """The part of an ARN that a person reads, without ids that another deployment has not."""
    name = arn.split(":", 5)[-1]
    if ":execute-api:" in arn:
        return name.partition("/")[2]
    return re.sub(rf"\b{re.escape(STACK)}-|-[A-Za-z0-9]{{8,}}\b", "", name)


def without(document, action, resource):
    """The policy document without one action on one resource; what the same statements allow besides stays."""
    kept = []
    for statement in document["Statement"]:
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        if action not in actions or resource not in resources:
            kept.append(statement)
            continue
        others = [other for other in actions if other != action]
        elsewhere = [other for other in resources if other != resource]
        if others:
            kept.append({**statement, "Action": others, "Resource": resources})
        if elsewhere:
            kept.append({**statement, "Action": [action], "Resource": elsewhere})
    return {**document, "Statement": kept}


def pairs(documents):
    """Every (action, resource) of policy documents, each once."""
    found = [(action, resource) for document in documents for statement in document["Statement"]
             for action in listed(statement["Action"]) for resource in listed(statement["Resource"])]
    return list(dict.fromkeys(found))


def not_evaluated(mutant):
    """Why the local AWS cannot miss it, and what holds it instead; or None."""
    if (mutant.role, mutant.action) in EVALUATED:
        return None
    return next(((why, check) for pattern, why, check in NOT_EVALUATED if re.fullmatch(pattern, mutant.action)), None)


class Roles:
    """The inline policies of the stack's roles, as they were deployed."""

    def __init__(self):
        from aws import client

        self.iam = client("iam")
        resources = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        self.names = {resource["LogicalResourceId"].removesuffix("Role").lower(): resource["PhysicalResourceId"]
                      for page in resources for resource in page["StackResourceSummaries"]
                      if resource["ResourceType"] == "AWS::IAM::Role"}
        self.policies = {role: {policy: self.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                                for policy in self.iam.list_role_policies(RoleName=name)["PolicyNames"]}
                         for role, name in self.names.items()}

    def mutants(self, only):
        unknown = set(only) - self.names.keys()
        if unknown:
            raise Failure(f"there is no role {', '.join(sorted(unknown))}: {', '.join(sorted(self.names))}")
        return [Mutant(role, action, resource) for role in sorted(only or self.names)
                for action, resource in pairs(self.policies[role].values())]

    @contextlib.contextmanager
    def lacking(self, mutant):
        """The role without the permission, while this lasts. The local AWS evaluates the policies as they are at each
        request, so nothing has to be restarted."""
        try:
            for policy, document in self.policies[mutant.role].items():
                self.put(mutant.role, policy, without(document, mutant.action, mutant.resource))
            yield
        finally:
            for policy, document in self.policies[mutant.role].items():
                self.put(mutant.role, policy, document)

    def put(self, role, policy, document):
        name = self.names[role]
        if document["Statement"]:
            self.iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
        else:
            # A policy must say something.
            self.iam.delete_role_policy(RoleName=name, PolicyName=policy)


def test_files():
    """Name of each file of system tests -> its program."""
    built = subprocess.run(
        ["cargo", "test", "--locked", "--workspace", "--no-run", "--message-format=json", "--quiet"],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
    programs = {}
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["kind"] == ["test"] and "/tests/system/" in message["manifest_path"]:
            programs[message["target"]["name"]] = message["executable"]
    return {name: program for name, program in sorted(programs.items()) if name not in NOT_RUN}


def first_failure(program, *only):
    """Runs one file of tests, or one test of it, until the first one fails: its name, or None where all pass."""
    variables = {**os.environ, "DOCMILL_TEST_WAIT_S": str(WAIT_S)}
    arguments = [*only, "--exact"] if only else ["--test-threads", str(TEST_THREADS)]
    process = subprocess.Popen([program, *arguments], cwd=ROOT / "tests" / "system", env=variables, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)

    def end():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    clock = threading.Timer(FILE_LIMIT_S, end)
    clock.start()
    try:
        for line in process.stdout:
            if failed := FAILED.match(line):
                return failed[1]
        return None if process.wait() == 0 else f"ended with {process.returncode}"
    finally:
        clock.cancel()
        end()
        process.wait()


def concerns(role, programs, key):
    """The test files for a role, those that show the permission with this key first."""
    files = list(CONCERNS.get(role, programs))
    first = [name for pattern, name in SHOWN_BY if re.match(pattern, key)]
    return list(dict.fromkeys([*first, *files]))


def failure_in(name, programs):
    """The first test of a file that fails, and fails again by itself, as file::test, or None."""
    for _ in range(TRIES):
        failed = first_failure(programs[name])
        if not failed:
            return None
        # Among others a test may fail for want of time.
        if " " in failed or first_failure(programs[name], failed):
            return f"{name}::{failed}"
    return None


def killer(mutant, programs):
    """The first test that fails without a permission, or None."""
    failures = (failure_in(name, programs) for name in concerns(mutant.role, programs, mutant.key))
    return next(filter(None, failures), None)


def clear_up():
    """What a mutant left in the queues must not disturb the next one. Leases and limits are the users' of one test."""
    from aws import client

    sqs = client("sqs")
    for url in sqs.list_queues(QueueNamePrefix=STACK).get("QueueUrls", []):
        sqs.purge_queue(QueueUrl=url)


def check_health(mutants, programs):
    """With all permissions every test passes: before, or a mutant could not be told from it, and after, or one was not."""
    files = {name for mutant in mutants for name in concerns(mutant.role, programs, mutant.key)}
    for name in sorted(files):
        if failed := failure_in(name, programs):
            raise Failure(f"with all permissions {failed} fails as well: no verdict can be trusted")


def row(mutant, verdict, by, seconds):
    cells = [mutant.role, mutant.action, short(mutant.resource), verdict, by, f"{seconds:.0f}" if seconds else ""]
    print(f"| {' | '.join(cells)} |", flush=True)


def run(options):
    roles = Roles()
    mutants = [mutant for mutant in roles.mutants(options.only) if re.search(options.matching, mutant.key)]
    evaluated = [mutant for mutant in mutants if not not_evaluated(mutant)]
    print(f"{len(mutants)} permissions, {len(evaluated)} of them evaluated by the local AWS.")
    if options.list:
        for mutant in mutants:
            print(mutant.key)
        return 0
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if not options.resume:
        record = {key: value for key, value in record.items() if key not in {mutant.key for mutant in mutants}}
    programs = test_files()
    if unknown := {name for _, name in SHOWN_BY}.union(*CONCERNS.values()) - programs.keys():
        raise Failure(f"there is no test file {', '.join(sorted(unknown))}: correct CONCERNS and SHOWN_BY")
    check_health(evaluated, programs)
    print("| role | action | resource | verdict | by | s |\n|---|---|---|---|---|---|")
    survivors = []
    for mutant in mutants:
        if held := not_evaluated(mutant):
            row(mutant, "not evaluated", f"{held[0]}; {held[1]}", 0)
            continue
        if record.get(mutant.key, {}).get("verdict") == "killed":
            row(mutant, "killed", record[mutant.key]["by"], 0)
            continue
        began = time.monotonic()
        with roles.lacking(mutant):
            by = killer(mutant, programs)
        clear_up()
        verdict = "SURVIVED"
        if by:
            # The same test passes with the permission: otherwise it was something else that failed it. What was kept back
            # for want of the permission may be in its way at first.
            name, _, test = by.partition("::")
            still = " " not in test and all(first_failure(programs[name], test) for _ in range(TRIES))
            verdict = "UNCLEAR" if still else "killed"
        row(mutant, verdict, by or "", time.monotonic() - began)
        if verdict != "killed":
            survivors.append(mutant)
        record[mutant.key] = {"verdict": verdict, "by": by}
        RECORD.write_text(json.dumps(record, indent=1))
    check_health(evaluated, programs)
    print(f"{len(evaluated) - len(survivors)} killed, {len(survivors)} not.")
    for mutant in survivors:
        print(f"{record[mutant.key]['verdict']}: {mutant.key}")
    return 1 if survivors else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", default=[], metavar="ROLE", help="only this function's role; may be repeated")
    parser.add_argument("--matching", default="", metavar="REGEX", help="only permissions that --list names so")
    parser.add_argument("--resume", action="store_true", help="skip what was killed in an earlier run")
    parser.add_argument("--list", action="store_true", help="name the permissions and do nothing")
    options = parser.parse_args()
    # Whoever ends this gets the role's permission put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        environment.run_in_venv()
        sys.exit(run(options))
    except Failure as failure:
        sys.exit(f"docmill: {failure}")


if __name__ == "__main__":
    main()
