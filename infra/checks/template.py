#!/usr/bin/env python3
"""Rules for template.yaml that a linter does not know. Each was an outage somewhere.

usage: template.py [TEMPLATE]      needs PyYAML, which is in the environment of infra/local
"""

import sys
from pathlib import Path

import yaml

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"

MAPPINGS = {"SQS", "DynamoDB", "Kinesis"}
STREAMS = {"DynamoDB", "Kinesis"}
# Fewer receives send messages to the dead letters that a throttled function never saw.
LEAST_RECEIVES = 5
# What a document that is being read may take: a reader's address space, which is MEMORY_BYTES of
# crates/sandbox/src/limits.rs, and what the worker holds of a page that is a picture: the document (DOCUMENT_BYTES), and
# three times picture and networks, 32 MB each. A document whose text is read takes less: itself twice and the answer.
READING_MB = 512 + 64 + 3 * (32 + 32)
# What the worker itself needs beside that.
WORKER_MB = 256


class Loader(yaml.SafeLoader):
    """Reads `!Ref X` and its like as {"Ref": X}, {"Fn::GetAtt": [X, ...]}, ..."""


def intrinsic(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", intrinsic)


class Template:
    def __init__(self, text: str):
        self.body = yaml.load(text, Loader)
        self.resources = self.body["Resources"]

    def of_type(self, kind):
        return {name: item.get("Properties", {}) for name, item in self.resources.items() if item["Type"] == kind}

    def functions(self):
        """Properties of every function, with what Globals gives them."""
        defaults = self.body.get("Globals", {}).get("Function", {})
        return {name: {**defaults, **own} for name, own in self.of_type("AWS::Serverless::Function").items()}

    def mappings(self):
        """(function, event, properties, kind) of every event source mapping."""
        for name, function in self.functions().items():
            for event, source in function.get("Events", {}).items():
                if source["Type"] in MAPPINGS:
                    yield name, event, source["Properties"], source["Type"]

    def number(self, value):
        """A number, or the default of the parameter that is referred to."""
        if isinstance(value, dict):
            value = self.body["Parameters"][value["Ref"]]["Default"]
        return int(value)


def target(value):
    """The logical id that `!Ref X` or `!GetAtt X.Y` points to."""
    if not isinstance(value, dict):
        return None
    return value.get("Ref") or value.get("Fn::GetAtt", [None])[0]


def visibility(template):
    """Every queue hides a message for longer than its function may run, and gives up after enough receives."""
    queues, functions = template.of_type("AWS::SQS::Queue"), template.functions()
    checked = 0
    for name, event, source, kind in template.mappings():
        if kind != "SQS":
            continue
        queue = queues[target(source["Queue"])]
        hidden, limit = template.number(queue.get("VisibilityTimeout", 30)), template.number(functions[name].get("Timeout", 3))
        if hidden <= limit:
            yield f"{target(source['Queue'])} hides messages for {hidden} s, but {name} may run for {limit} s"
        if template.number(queue.get("RedrivePolicy", {}).get("maxReceiveCount", 0)) < LEAST_RECEIVES:
            yield f"{target(source['Queue'])} has no dead-letter queue after {LEAST_RECEIVES} or more receives"
        checked += 1
    if not checked:
        yield "no function reads a queue"


def partial_failures(template):
    """Every mapping reports the items that failed: without it the failed ones are dropped, or good ones repeated."""
    for name, event, source, _ in template.mappings():
        if "ReportBatchItemFailures" not in source.get("FunctionResponseTypes", []):
            yield f"{name}: {event} lacks FunctionResponseTypes: [ReportBatchItemFailures]"


def stream_retries(template):
    """A stream's records are tried for as long as the stream has them: a dropped record is a lost event."""
    for name, event, source, kind in template.mappings():
        if kind in STREAMS and source.get("MaximumRetryAttempts") != -1:
            yield f"{name}: {event} must say MaximumRetryAttempts: -1, not {source.get('MaximumRetryAttempts')}"


def retention(template):
    """Every log group ends, and every function logs to one of the template: Lambda's own are kept for ever."""
    groups = template.of_type("AWS::Logs::LogGroup")
    for name, group in groups.items():
        if "RetentionInDays" not in group:
            yield f"{name} has no RetentionInDays"
    for name, function in template.functions().items():
        if target(function.get("LoggingConfig", {}).get("LogGroup")) not in groups:
            yield f"{name} does not log to a log group of the template"


def own_roles(template):
    """Every function has a role of its own."""
    taken = {}
    for name, function in template.functions().items():
        role = target(function.get("Role"))
        if role not in template.resources:
            yield f"{name} has no role of the template"
        elif role in taken:
            yield f"{name} and {taken[role]} share {role}"
        taken[role] = name


def narrow_policies(template):
    """No role may do everything of a service, or anything on every resource."""
    for name, role in template.of_type("AWS::IAM::Role").items():
        for managed in role.get("ManagedPolicyArns", []):
            yield f"{name} uses the managed policy {managed}"
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions, resources = (value if isinstance(value, list) else [value]
                                      for value in (statement["Action"], statement["Resource"]))
                if any(action.endswith("*") for action in actions) or "*" in resources:
                    yield f"{name} is too wide: {', '.join(actions)}"


def reading(template):
    """The worker has room for a document that is being read: otherwise a hostile one ends the worker, not its reader."""
    worker = template.functions().get("Worker")
    if worker is None:
        return
    memory = worker.get("MemorySize", 128)
    if isinstance(memory, dict):
        memory = template.body["Parameters"][memory["Ref"]].get("MinValue", 0)
    if int(memory) < READING_MB + WORKER_MB:
        yield f"Worker may have {memory} MB, but needs {READING_MB} MB for reading and {WORKER_MB} MB for itself"


RULES = (visibility, partial_failures, stream_retries, retention, own_roles, narrow_policies, reading)


def violations(text: str, rules=RULES):
    template = Template(text)
    return [violation for rule in rules for violation in rule(template)]


def run(name: str, rules, paths):
    """Holds the template, or the one at the first of `paths`, against `rules`, and says how it went."""
    found = violations(Path(paths[0] if paths else TEMPLATE).read_text(), rules)
    if found:
        sys.exit(f"{name}: " + "; ".join(found))
    print(f"{name}: {len(rules)} rules hold ({', '.join(rule.__name__ for rule in rules)})")


if __name__ == "__main__":
    run("template", RULES, sys.argv[1:])
