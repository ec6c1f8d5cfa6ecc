#!/usr/bin/env python3
"""The local stack: `stack.py setup|up|deploy|user|env|logs|down`. The Makefile's verbs call this."""

import argparse
import os
import sys
import time

import environment
from settings import ENDPOINT, STACK, STACK_ENV, STATE, Failure

# Output of the stack -> variable of stack.env.
VARIABLES = {
    "Url": "DOCMILL_URL",
    "WsUrl": "DOCMILL_WS_URL",
    "Issuer": "DOCMILL_ISSUER",
    "ClientId": "DOCMILL_CLIENT_ID",
    "UserPoolId": "DOCMILL_USER_POOL_ID",
    "Bucket": "DOCMILL_BUCKET",
    **{f"{table}Table": f"DOCMILL_{table.upper()}_TABLE" for table in ("Jobs", "Events", "Live", "Accounts")},
    **{f"{queue}QueueUrl": f"DOCMILL_QUEUE_{queue.upper()}_URL" for queue in ("High", "Normal", "Low", "Callback")},
    **{f"{queue}DeadLettersUrl": f"DOCMILL_DLQ_{queue.upper()}_URL" for queue in ("High", "Normal", "Low", "Callback")},
    **{f"{name}Function": f"DOCMILL_{name.upper()}_FUNCTION"
       for name in ("Intake", "Status", "Worker", "Push", "Callback", "Socket", "Sweep", "Site")},
}


def setup(_options):
    """Install what the local AWS needs, and nothing else."""


def up(options):
    """Start the local AWS, deploy, make the demo user and an operator, write stack.env."""
    import emulator
    import faults

    began = time.monotonic()
    if options.faults:
        # A new proxy has a new address, which only a new emulator tells its functions.
        emulator.stop()
        emulator.start(options.auth, faults.start())
    else:
        faults.stop()
        emulator.start(options.auth)
    values = deploy(options)
    mode = (", IAM evaluated" if options.auth else "") + (", behind a proxy for faults" if options.faults else "")
    print(f"Docmill is up at {values['DOCMILL_URL']}/ ({time.monotonic() - began:.1f} s{mode}).")
    print(f"Demo user: {values['DOCMILL_USER']}, password {values['DOCMILL_PASSWORD']}. Settings: {STACK_ENV}")
    print(f"Operator: {values['DOCMILL_OPERATOR_USER']}, password {values['DOCMILL_OPERATOR_PASSWORD']}")


def deploy(options):
    """Deploy to the running local AWS and write stack.env."""
    import deploy as deployment
    import faults
    import users

    need_running()
    parameters = dict(pair.split("=", 1) for pair in options.parameter)
    outputs = deployment.deploy(parameters)
    before = read_env()
    password = before.get("DOCMILL_PASSWORD") or users.new_password()
    operator_password = before.get("DOCMILL_OPERATOR_PASSWORD") or users.new_password()
    pool, app = outputs["UserPoolId"], outputs["ClientId"]
    values = {variable: outputs[output] for output, variable in VARIABLES.items()}
    values.update({
        "DOCMILL_CALLBACK_URL": outputs["WsUrl"].replace("ws://", "http://", 1),
        "DOCMILL_ENDPOINT": ENDPOINT,
        "DOCMILL_STACK": STACK,
        "DOCMILL_USER": users.DEMO_USER,
        "DOCMILL_PASSWORD": password,
        "DOCMILL_TOKEN": users.sign_in(pool, app, users.DEMO_USER, password),
        "DOCMILL_OPERATOR_USER": users.DEMO_OPERATOR,
        "DOCMILL_OPERATOR_PASSWORD": operator_password,
        "DOCMILL_OPERATOR_TOKEN": users.sign_in(pool, app, users.DEMO_OPERATOR, operator_password, group=users.OPERATORS),
    })
    if hosts := parameters.get("CallbackPrivateHosts"):
        values["DOCMILL_CALLBACK_PRIVATE_HOSTS"] = hosts
    if proxy := faults.find():
        values["DOCMILL_FAULTS_URL"] = proxy["url"]
    write_env(values)
    return values


def user(options):
    """Make a local user, or give one a new password, and print a token.

    COMPANY becomes the user's attribute `custom:company`, which stands in the token. It is a label: rights in a
    company come from membership records.
    """
    import users

    need_running()
    values = read_env()
    password = users.new_password()
    token = users.sign_in(values["DOCMILL_USER_POOL_ID"], values["DOCMILL_CLIENT_ID"], options.email, password, options.company)
    print(f"DOCMILL_USER={options.email}\nDOCMILL_PASSWORD={password}\nDOCMILL_TOKEN={token}")


def env(_options):
    """Print stack.env as shell exports."""
    need_running()
    for name, value in read_env().items():
        print(f"export {name}='{value}'")


def logs(options):
    """Print the functions' logs, oldest first."""
    import aws

    need_running()
    client = aws.client("logs")
    groups = [group["logGroupName"] for group in client.describe_log_groups(
        logGroupNamePrefix=f"/aws/lambda/{STACK}-{options.function}")["logGroups"]]
    lines = [(event["timestamp"], group.rpartition("-")[2], event["message"].rstrip())
             for group in groups for page in client.get_paginator("filter_log_events").paginate(logGroupName=group)
             for event in page["events"] if not event["message"].startswith(("START ", "END ", "REPORT "))]
    for timestamp, name, message in sorted(lines, key=lambda line: line[0])[-options.last:]:
        clock = time.strftime("%H:%M:%S", time.localtime(timestamp / 1000))
        print(f"{clock}.{timestamp % 1000:03} {name:6} {message}")


def down(_options):
    """Stop the local AWS. Its data goes with it."""
    import emulator
    import faults

    faults.stop()
    print("Docmill is down." if emulator.stop() else "Docmill was not running.")


def need_running():
    import emulator

    if not emulator.find():
        raise Failure("the local stack is not running: `make up` starts it")


def read_env():
    try:
        lines = STACK_ENV.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_env(values):
    """Only the owner may read it: it holds a password and a token."""
    STATE.mkdir(parents=True, exist_ok=True)
    fresh = STACK_ENV.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in sorted(values.items()))
    fresh.replace(STACK_ENV)


def arguments():
    parser = argparse.ArgumentParser(prog="stack.py", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(function):
        entry = verbs.add_parser(function.__name__, help=function.__doc__.splitlines()[0], description=function.__doc__)
        entry.set_defaults(run=function)
        return entry

    verb(setup)
    for entry in (verb(up), verb(deploy)):
        entry.add_argument("parameter", nargs="*", metavar="NAME=VALUE", help="template parameter")
        if entry.get_default("run") is up:
            entry.add_argument("--auth", action="store_true", help="evaluate the functions' IAM policies")
            entry.add_argument("--faults", action="store_true", help="put a proxy that can fail between the functions and AWS")
    entry = verb(user)
    entry.add_argument("email")
    entry.add_argument("--company", help="label of the user's company")
    verb(env)
    entry = verb(logs)
    entry.add_argument("function", nargs="?", default="", help="only this function")
    entry.add_argument("--last", type=int, default=200, help="number of lines (200)")
    verb(down)
    return parser.parse_args()


def main():
    try:
        environment.check_python()
        options = arguments()
        if options.run is not down:
            environment.run_in_venv()
        options.run(options)
    except Failure as failure:
        sys.exit(f"docmill: {failure}")


if __name__ == "__main__":
    main()
