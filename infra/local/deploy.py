"""Deploys template.yaml to the local stack, as `sam deploy` does on AWS: code to a bucket, then a stack operation."""

import concurrent.futures
import time

from botocore.exceptions import ClientError

import package
from aws import client
from settings import HOST, PORT, STACK, TEMPLATE, Failure

ARTIFACTS = "docmill-artifacts"
LIMIT_S = 120

# What differs from AWS: where the stack is, tokens that last a working day, few workers for a small
# machine, and more of everything than anybody uses up who tries it out.
LOCAL_PARAMETERS = {
    "LocalEndpoint": f"{HOST}:{PORT}",
    "IdTokenMinutes": "1440",
    "HighConcurrency": "4",
    "NormalConcurrency": "4",
    "LowConcurrency": "2",
    "UploadsPer15Minutes": "100000",
    "NovelStartsPerHour": "100000",
    "MonthlyCredits": "1000000",
}


def deploy(parameters):
    """Deploys and returns the stack's outputs."""
    url = upload(TEMPLATE.read_text())
    request = {
        "StackName": STACK,
        "TemplateURL": url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value}
                       for key, value in {**LOCAL_PARAMETERS, **parameters}.items()],
    }
    cloudformation = client("cloudformation")
    try:
        if (describe() or {}).get("StackStatus") == "CREATE_FAILED":
            cloudformation.delete_stack(StackName=STACK)
        if describe() is None:
            cloudformation.create_stack(**request, OnFailure="DO_NOTHING")
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise Failure(f"the stack was refused: {error.response['Error']['Message']}") from error
    return outputs()


def upload(template):
    """Puts every function's code and the template that names it into the bucket; returns the template's address."""
    s3 = client("s3")
    s3.create_bucket(Bucket=ARTIFACTS)

    def put(item):
        name, folder = item
        data = package.archive(folder, compress=False)
        key = f"{name}/{package.digest(data)}.zip"
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=data, ContentType="application/zip")
        return name, key

    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        keys = dict(pool.map(put, package.functions().items()))
    packaged = package.CODE_URI.sub(lambda match: f"{match[1]}s3://{ARTIFACTS}/{keys[match[3]]}", template).encode()
    key = f"{package.digest(packaged)}.yaml"
    s3.put_object(Bucket=ARTIFACTS, Key=key, Body=packaged, ContentType="text/yaml")
    return f"{s3.meta.endpoint_url}/{ARTIFACTS}/{key}"


def describe():
    try:
        return client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def outputs():
    """Waits for the stack operation and returns what the stack puts out."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        stack = describe()
        if stack is None:
            raise Failure("the stack is gone")
        status = stack["StackStatus"]
        if status.endswith("_COMPLETE") and "ROLLBACK" not in status:
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if not status.endswith("_IN_PROGRESS"):
            raise Failure(f"the stack ended as {status}: {first_failure() or stack.get('StackStatusReason')}")
        time.sleep(0.1)
    raise Failure(f"the stack was not ready within {LIMIT_S} s")


def first_failure():
    events = client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")]
    return f"{failed[-1]['LogicalResourceId']}: {failed[-1]['ResourceStatusReason']}" if failed else None
