#!/usr/bin/env python3
"""Runs a command beside AWS's own DynamoDB Local, with the tables of template.yaml made: `dynamodb_local.py COMMAND...`.

The command finds the address and the tables in the file that DOCMILL_DYNAMODB_LOCAL names. Where Java, npm or a network
namespace is not to be had, one line says so and the command runs without that variable.

DynamoDB Local is a Java program, taken from an npm package of AWS's under a licence of AWS's own (LICENSE.txt beside
it). It listens on all addresses and has no option against that, so it gets a network of its own, where nobody else is;
a relay in there passes on what arrives on one port of 127.0.0.1 out here.
"""

import asyncio
import base64
import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import time

import environment
from settings import HOST, REGION, ROOT, TEMPLATE, Failure

# Version and integrity are what `npm view amplify-dynamodb-simulator dist.integrity` says. The package's other half, a
# launcher in JavaScript with 280 dependencies, is not installed.
PACKAGE = "amplify-dynamodb-simulator@2.9.30"
SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
# In the project's folder whatever DOCMILL_STATE says: it is the same for every stack.
HOME = ROOT / ".local" / "dynamodb-local"
EMULATOR = HOME / "package" / "emulator"
LOG_FILE = HOME / "dynamodb-local.log"
ENV_FILE = HOME / "tables.env"
MIN_JAVA = 17

START_LIMIT_S = 120
# Free in a network of its own.
INNER_PORT = 8000
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


class Missing(Exception):
    """What this machine lacks, or cannot reach."""


def main():
    try:
        environment.run_in_venv()
        command = sys.argv[1:]
        if not command:
            raise Failure("dynamodb_local.py needs a command to run")
        extra = {}
        process = None
        try:
            process, endpoint = start()
            make_tables(endpoint)
            extra["DOCMILL_DYNAMODB_LOCAL"] = str(ENV_FILE)
        except Missing as missing:
            print(f"SKIPPED: the stores on AWS's DynamoDB Local: {missing}", flush=True)
        try:
            return subprocess.run(command, env={**os.environ, **extra}).returncode
        finally:
            if process:
                process.terminate()
                process.wait()
    except Failure as failure:
        sys.exit(f"docmill: {failure}")


def start():
    """Starts the relay and what is behind it; the relay's process and its address."""
    if sys.platform != "linux":
        raise Missing("it needs a network namespace, which only Linux has")
    for tool, package in (("java", "default-jre-headless"), ("npm", "npm")):
        if shutil.which(tool) is None:
            raise Missing(f"{tool} is missing (Debian: apt-get install {package})")
    if java_version() < MIN_JAVA:
        raise Missing(f"it needs Java {MIN_JAVA} or newer")
    install()
    with socket.create_server((HOST, 0)) as listener:
        pid = os.fork()
        if pid == 0:
            behind_relay(listener)
        endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
    process = Relay(pid)
    wait_for(endpoint, process)
    return process, endpoint


class Relay:
    """The process that has the network of its own."""

    NO_NETWORK = 3

    def __init__(self, pid):
        self.pid = pid
        self.status = None

    def poll(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status

    def terminate(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def wait(self):
        while self.poll() is None:
            time.sleep(0.02)


def java_version():
    """17 of `openjdk version "17.0.15" ...`; 1 of Java 8 and older, which count from there."""
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    with contextlib.suppress(IndexError, ValueError):
        return int(said.split('"')[1].split(".")[0])
    return 0


def install():
    if (HOME / "installed").exists() and (HOME / "installed").read_text() == SHA512:
        return
    print(f"Installing {PACKAGE} into {HOME} (once) ...", file=sys.stderr, flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    try:
        environment.run(["npm", "pack", PACKAGE, "--pack-destination", str(HOME), "--silent"],
                        f"{PACKAGE} could not be fetched")
    except Failure as failure:
        raise Missing(str(failure)) from failure
    archive = next(HOME.glob("*.tgz"))
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != SHA512:
        raise Failure(f"{archive} is not the package that was pinned")
    with tarfile.open(archive) as packed:
        members = [member for member in packed if member.name.startswith("package/emulator/") and member.isfile()]
        packed.extractall(HOME, members=members)
    archive.unlink()
    (HOME / "installed").write_text(SHA512)


def behind_relay(listener):
    """In the child: takes a network of its own, in which the socket that came along still is one of the old network,
    starts the Java program, and passes bytes to and fro until the parent ends."""
    status = 1
    try:
        die_with_parent()
        with contextlib.suppress(OSError):
            take_network()
            java = subprocess.Popen(
                ["java", "-Xmx512m", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
                 "-inMemory", "-disableTelemetry", "-port", str(INNER_PORT)],
                cwd=EMULATOR, stdin=subprocess.DEVNULL, stdout=LOG_FILE.open("w"), stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent)
            asyncio.run(relay(listener, java))
            os._exit(1)
        status = Relay.NO_NETWORK
    finally:
        os._exit(status)


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def take_network():
    """Raises OSError where the kernel does not give this user one."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    # A new network has a loopback, and it is down.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = fcntl.ioctl(probe, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


async def relay(listener, java):
    async def pass_on(reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def connected(reader, writer):
        try:
            inner_reader, inner_writer = await asyncio.open_connection(HOST, INNER_PORT)
        except OSError:
            # Not up yet.
            writer.close()
            return
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    await asyncio.start_server(connected, sock=listener)
    while java.poll() is None:
        await asyncio.sleep(0.1)


def client(endpoint):
    import boto3
    from botocore.config import Config

    return boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION).client(
        "dynamodb", endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=30))


def wait_for(endpoint, process):
    from botocore.exceptions import BotoCoreError

    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            client(endpoint).list_tables()
            return
        except BotoCoreError:
            pass
        if (status := process.poll()) is not None:
            if status == Relay.NO_NETWORK:
                raise Missing("it listens on all addresses, and this machine gives no network namespace to keep it in")
            raise Failure(f"DynamoDB Local ended at once, see {LOG_FILE}")
        time.sleep(0.2)
    process.terminate()
    raise Failure(f"DynamoDB Local did not answer within {START_LIMIT_S} s, see {LOG_FILE}")


def make_tables(endpoint):
    """Makes the tables that the template defines, and writes their names as `stack.py` does."""
    dynamodb = client(endpoint)
    lines = [f"DOCMILL_ENDPOINT={endpoint}"]
    for name, properties in tables().items():
        dynamodb.create_table(TableName=name, **properties)
        lines.append(f"DOCMILL_{name.removesuffix('Table').upper()}_TABLE={name}")
    ENV_FILE.write_text("\n".join(lines) + "\n")


def tables():
    """What CreateTable takes of each table of the template."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Leaves `!Ref` and its like out: no key of a table depends on them."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    resources = yaml.load(TEMPLATE.read_text(), Loader)["Resources"]
    keys = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: {key: resource["Properties"][key] for key in keys if key in resource["Properties"]}
            for name, resource in resources.items() if resource["Type"] == "AWS::DynamoDB::Table"}


if __name__ == "__main__":
    sys.exit(main())
