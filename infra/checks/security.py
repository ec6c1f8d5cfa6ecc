#!/usr/bin/env python3
"""Rules for template.yaml that keep strangers out and that no test against a local stack can show: encryption, TLS,
public access, what each role may do, where secrets stand, what access logs hold.

usage: security.py [TEMPLATE]      needs PyYAML, which is in the environment of infra/local
"""

import re
import sys

import template as template_rules
from template import target

# Routes that answer without a token, each with what stands in for it.
PUBLIC_ROUTES = {
    "GET /": "the page",
    "GET /assets/{proxy+}": "the page's files",
    "GET /docs": "the description",
    "GET /docs/live": "the description of the WebSocket",
    "GET /openapi.json": "the description",
    "GET /asyncapi.json": "the description of the WebSocket",
    "GET /v1/config": "what the page needs to sign anybody in",
    "GET /v1/health": "whether the function runs, and nothing else",
    "GET /v1/jobs/{id}/stream": "its own token: EventSource sends no headers",
    "$default": "404",
}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
# What an event source needs of the role of its function: without it no message or record ever comes.
POLLING = {
    "SQS": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "DynamoDB": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
}
# The parts of `$context` that an access log may hold. A path can have an id of anybody's choosing in it, and a query has
# the tickets and tokens of those who cannot send headers.
LOGGED = {
    "requestTime", "requestId", "routeKey", "status", "responseLatency", "responseLength", "authorizer.claims.sub",
    "authorizer.error", "eventType", "connectionId",
}
SECRET_NAME = re.compile("SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
# Names that look like a secret's and are none: a length of time, where a secret stands, how many tokens a month has.
NO_SECRETS = {"IdTokenMinutes", "ModelKeySecret", "ModelMonthlyTokens", "DOCMILL_MODEL_MONTHLY_TOKENS"}
# What no resource below a named one can be given for, with the reason.
WIDE = {
    "bedrock:InvokeModel": "models belong to AWS, and a profile sends requests on to other regions",
    "textract:AnalyzeExpense": "the page comes with the request",
    "textract:DetectDocumentText": "the page comes with the request",
}
RESOLVED = "{{resolve:secretsmanager:"


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(policy):
    return listed(policy["PolicyDocument"]["Statement"])


def role_statements(role):
    return [statement for policy in role.get("Policies", []) for statement in statements(policy)]


def text_of(resource):
    """A resource as written, whatever intrinsic it is written with."""
    if isinstance(resource, dict):
        (value,) = resource.values()
        return ".".join(value) if isinstance(value, list) else str(value)
    return str(resource)


def choices(value):
    """What a value may be: both branches of an `If`."""
    if isinstance(value, dict) and isinstance(chosen := value.get("Fn::If"), list):
        return [choice for branch in chosen[1:] for choice in choices(branch)]
    return [value]


def resolved(value):
    """Whether it comes from Secrets Manager, or is nothing."""
    return value == "" or text_of(value).startswith(RESOLVED)


def named_by(resource):
    """The logical id that a resource of a policy belongs to."""
    found = re.match(r"(?:\$\{)?(\w+)", text_of(resource))
    return found[1] if found else None


def allowed(role):
    """(action, logical id) of everything that the role may do."""
    return {(action, named_by(resource)) for statement in role_statements(role) if statement.get("Effect") == "Allow"
            for action in listed(statement.get("Action", [])) for resource in listed(statement.get("Resource", []))}


def roles_of_functions(template):
    """(function, its properties, its role) of each function that has one."""
    roles = template.of_type("AWS::IAM::Role")
    for name, function in template.functions().items():
        role = roles.get(target(function.get("Role")))
        if role is not None:
            yield name, function, role


def encryption(template):
    """Whatever keeps data keeps it encrypted."""
    for name, table in template.of_type("AWS::DynamoDB::Table").items():
        if table.get("SSESpecification", {}).get("SSEEnabled") is not True:
            yield f"{name} is not encrypted: SSESpecification"
    for name, queue in template.of_type("AWS::SQS::Queue").items():
        if queue.get("SqsManagedSseEnabled") is not True and "KmsMasterKeyId" not in queue:
            yield f"{name} is not encrypted: SqsManagedSseEnabled"
    for name, bucket in template.of_type("AWS::S3::Bucket").items():
        if not bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration"):
            yield f"{name} is not encrypted: BucketEncryption"


def denies_plain_text(policy, action):
    """Whether a policy denies everybody every action of a service over plain HTTP."""
    return any(statement["Effect"] == "Deny" and statement["Principal"] == "*" and statement["Action"] == action
               and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
               for statement in statements(policy))


def tls(template):
    """Buckets and queues, which AWS also serves over plain HTTP, deny it."""
    safe = {target(policy["Bucket"]) for policy in template.of_type("AWS::S3::BucketPolicy").values()
            if denies_plain_text(policy, "s3:*")}
    safe |= {target(queue) for policy in template.of_type("AWS::SQS::QueuePolicy").values()
             if denies_plain_text(policy, "sqs:*") for queue in policy["Queues"]}
    for kind in ("AWS::S3::Bucket", "AWS::SQS::Queue"):
        for name in template.of_type(kind):
            if name not in safe:
                yield f"{name} takes plain HTTP"


def public_access(template):
    """Nothing of the stack is anybody's: no bucket, no function, no resource policy."""
    for name, bucket in template.of_type("AWS::S3::Bucket").items():
        blocked = bucket.get("PublicAccessBlockConfiguration", {})
        for setting in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
            if blocked.get(setting) is not True:
                yield f"{name} may become public: {setting}"
        if "AccessControl" in bucket or bucket.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}:
            yield f"{name} has access control lists"
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
        for name, policy in template.of_type(kind).items():
            if any(statement["Effect"] != "Deny" for statement in statements(policy)):
                yield f"{name} allows something; rights belong into roles"
    for name, permission in template.of_type("AWS::Lambda::Permission").items():
        if permission.get("Principal") != "apigateway.amazonaws.com" or "SourceArn" not in permission:
            yield f"{name} lets others than this stack's API call the function"
    for name, function in template.functions().items():
        if "FunctionUrlConfig" in function:
            yield f"{name} has an address past the API"


def tokens(template):
    """Every HTTP route wants a token, checked for issuer and audience, but those that are public on purpose."""
    http = {name for name, api in template.of_type("AWS::ApiGatewayV2::Api").items() if api["ProtocolType"] == "HTTP"}
    authorizers = template.of_type("AWS::ApiGatewayV2::Authorizer")
    for name, authorizer in authorizers.items():
        checked = authorizer.get("JwtConfiguration", {})
        if authorizer.get("AuthorizerType") != "JWT" or not checked.get("Issuer") or not checked.get("Audience"):
            yield f"{name} does not check issuer and audience"
    for name, route in template.of_type("AWS::ApiGatewayV2::Route").items():
        if target(route["ApiId"]) not in http or route["RouteKey"] in PUBLIC_ROUTES:
            continue
        if route.get("AuthorizationType") != "JWT" or target(route.get("AuthorizerId")) not in authorizers:
            yield f"{name} needs no token: {route['RouteKey']}"


def exact_roles(template):
    """A role says what it allows, and to Lambda alone: whole actions, and resources below a named one."""
    for name, role in template.of_type("AWS::IAM::Role").items():
        for statement in listed(role.get("AssumeRolePolicyDocument", {}).get("Statement", [])):
            if statement.get("Principal") != {"Service": "lambda.amazonaws.com"} or statement.get("Action") != "sts:AssumeRole":
                yield f"{name} may be taken by others than Lambda"
        for statement in role_statements(role):
            if statement.get("Effect") != "Allow" or {"NotAction", "NotResource"} & statement.keys():
                yield f"{name} has a statement that does not say what it allows"
                continue
            for action in listed(statement["Action"]):
                if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action):
                    yield f"{name} allows a pattern of actions: {action}"
            for resource in map(text_of, listed(statement["Resource"])):
                # `*` stands at the end, below a named part: a prefix of a bucket, the streams of a table, connections.
                if "*" in resource and not re.fullmatch(r"[^*]*\$\{[^*]*/[\w@-]+/\*", resource):
                    yield f"{name} allows too many resources: {resource}"


def wide_rights(template):
    """What is allowed beside the roles is what cannot be narrower, and only where the installation asked for it."""
    for name, policy in template.of_type("AWS::IAM::RolePolicy").items():
        if "Condition" not in template.resources[name]:
            yield f"{name} is always allowed"
        for statement in statements(policy):
            actions = set(listed(statement.get("Action", [])))
            if statement.get("Effect") != "Allow" or not actions or actions - WIDE.keys():
                yield f"{name} allows more than {', '.join(sorted(WIDE))}"


def log_rights(template):
    """A function may write to its own log group, and nothing else of CloudWatch Logs."""
    for name, function, role in roles_of_functions(template):
        group = target(function.get("LoggingConfig", {}).get("LogGroup"))
        rights = {right for right in allowed(role) if right[0].startswith("logs:")}
        if rights != {(action, group) for action in LOGGING}:
            yield f"{name} must have {' and '.join(sorted(LOGGING))} on {group}, and no more of the logs"


def polling_rights(template):
    """A function may take what its event sources bring, from these sources alone."""
    roles = {name: role for name, _, role in roles_of_functions(template)}
    wanted = {}
    for name, _, source, kind in template.mappings():
        place = target(source["Queue" if kind == "SQS" else "Stream"])
        wanted.setdefault(name, set()).update((action, place) for action in POLLING.get(kind, ()))
    streams = POLLING["DynamoDB"]
    for name, rights in wanted.items():
        missing = rights - allowed(roles.get(name, {}))
        if missing:
            yield f"{name} may not read its event source: {', '.join(sorted(f'{action} on {place}' for action, place in missing))}"
    for name, role in roles.items():
        surplus = {right for right in allowed(role) if right[0] in streams} - wanted.get(name, set())
        if surplus:
            yield f"{name} reads a stream that is not its event source"


def missing_objects(template):
    """Who reads a bucket may list it: without that S3 answers 403 for what is not there, and code takes it for a fault."""
    for name, _, role in roles_of_functions(template):
        rights = allowed(role)
        for bucket in sorted({place for action, place in rights if action == "s3:GetObject"}):
            if ("s3:ListBucket", bucket) not in rights:
                yield f"{name} reads {bucket} and may not list it"


def secrets(template):
    """Secrets are made by Secrets Manager and stand nowhere else: not in a parameter, not in the template."""
    for name, secret in template.of_type("AWS::SecretsManager::Secret").items():
        if "SecretString" in secret or "GenerateSecretString" not in secret:
            yield f"{name} is not generated"
    for name, parameter in template.body.get("Parameters", {}).items():
        if SECRET_NAME.search(name) and name not in NO_SECRETS:
            yield f"{name} takes a secret as a parameter"
        if str(parameter.get("Default", "")).startswith(RESOLVED):
            yield f"{name} hides a secret in its default"
    for name, function in template.functions().items():
        for variable, value in function.get("Environment", {}).get("Variables", {}).items():
            if SECRET_NAME.search(variable) and variable not in NO_SECRETS and not all(map(resolved, choices(value))):
                yield f"{name}: {variable} does not come from Secrets Manager"


def access_logs(template):
    """Access logs hold routes, not paths and queries."""
    for name, stage in template.of_type("AWS::ApiGatewayV2::Stage").items():
        logged = set(re.findall(r"\$context\.([\w.]+)", str(stage.get("AccessLogSettings", ""))))
        if logged - LOGGED:
            yield f"{name} logs {', '.join(sorted(logged - LOGGED))}"


def sign_in(template):
    """The user pool: verified addresses, a second factor for who wants one, no hints at who has an account."""
    for name, pool in template.of_type("AWS::Cognito::UserPool").items():
        verified = pool.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate")
        if pool.get("AutoVerifiedAttributes") != ["email"] or verified != ["email"]:
            yield f"{name} takes addresses that nobody verified"
        if pool.get("MfaConfiguration") not in ("OPTIONAL", "ON") or pool.get("EnabledMfas") != ["SOFTWARE_TOKEN_MFA"]:
            yield f"{name} has no second factor by software token"
        if pool.get("Policies", {}).get("PasswordPolicy", {}).get("MinimumLength", 0) < 12:
            yield f"{name} takes short passwords"
    for name, client in template.of_type("AWS::Cognito::UserPoolClient").items():
        if client.get("PreventUserExistenceErrors") != "ENABLED":
            yield f"{name} tells who has an account"
        writable = client.get("WriteAttributes", ["custom:"])
        if any(attribute.startswith("custom:") or attribute == "email_verified" for attribute in writable):
            yield f"{name} lets users write what administrators say of them"


def origins(template):
    """No page of just any origin may call the API or the bucket."""
    for name, resource in template.resources.items():
        if re.search(r"'AllowedOrigins': \[[^\]]*'\*'|'AllowOrigins': \[[^\]]*'\*'", str(resource.get("Properties", {}))):
            yield f"{name} answers pages of every origin"


RULES = (encryption, tls, public_access, tokens, exact_roles, wide_rights, log_rights, polling_rights, missing_objects, secrets,
         access_logs, sign_in, origins)


def violations(text: str):
    return template_rules.violations(text, RULES)


if __name__ == "__main__":
    template_rules.run("security", RULES, sys.argv[1:])
