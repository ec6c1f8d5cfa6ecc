"""The security rules pass what is right and name what is wrong. Run: python -m unittest discover -s infra/checks"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import security  # noqa: E402
import threats  # noqa: E402
from template import TEMPLATE  # noqa: E402

GOOD = """
Parameters: {IdTokenMinutes: {Type: Number, Default: 60}}
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {SSESpecification: {SSEEnabled: true}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {SqsManagedSseEnabled: true}}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Statement: [{Effect: Deny, Principal: "*", Action: "sqs:*", Resource: "*", Condition: {Bool: {aws:SecureTransport: "false"}}}]
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      CorsConfiguration: {CorsRules: [{AllowedOrigins: [!Ref Origin], AllowedMethods: [PUT]}]}
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: x, Condition: {Bool: {aws:SecureTransport: "false"}}}]
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {PasswordLength: 64}}}
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      AutoVerifiedAttributes: [email]
      UserAttributeUpdateSettings: {AttributesRequireVerificationBeforeUpdate: [email]}
      MfaConfiguration: OPTIONAL
      EnabledMfas: [SOFTWARE_TOKEN_MFA]
      Policies: {PasswordPolicy: {MinimumLength: 12}}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {PreventUserExistenceErrors: ENABLED, WriteAttributes: [email]}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Live: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, AccessLogSettings: {Format: "$context.requestId $context.routeKey"}}}
  Authorizer: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {AuthorizerType: JWT, JwtConfiguration: {Issuer: i, Audience: [a]}}}
  Jobs: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /v1/jobs, AuthorizationType: JWT, AuthorizerId: !Ref Authorizer}}
  Health: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /v1/health}}
  Connect: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Live, RouteKey: $connect}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {Principal: apigateway.amazonaws.com, SourceArn: !Sub "${Api}/*"}}
  Wide:
    Type: AWS::IAM::RolePolicy
    Condition: Asked
    Properties: {RoleName: !Ref WorkRole, PolicyDocument: {Statement: [{Effect: Allow, Action: [textract:DetectDocumentText], Resource: "*"}]}}
  WorkLog: {Type: AWS::Logs::LogGroup}
  WorkRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
      Policies:
        - PolicyDocument:
            Statement:
              - {Effect: Allow, Action: [logs:CreateLogStream, logs:PutLogEvents], Resource: !GetAtt WorkLog.Arn}
              - {Effect: Allow, Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes], Resource: !GetAtt Queue.Arn}
              - {Effect: Allow, Action: [dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator], Resource: !GetAtt Table.StreamArn}
              - {Effect: Allow, Action: s3:GetObject, Resource: !Sub "${Bucket.Arn}/jobs/*"}
              - {Effect: Allow, Action: s3:ListBucket, Resource: !GetAtt Bucket.Arn}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Role: !GetAtt WorkRole.Arn
      LoggingConfig: {LogGroup: !Ref WorkLog}
      Environment: {Variables: {STREAM_SECRET: !Sub "{{resolve:secretsmanager:${Secret}:SecretString}}"}}
      Events:
        Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        S: {Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn}}
"""


class Security(unittest.TestCase):
    def complains(self, wrong, right, about):
        self.assertIn(right, GOOD)
        found = security.violations(GOOD.replace(right, wrong, 1))
        self.assertEqual(len(found), 1, found)
        self.assertIn(about, found[0])

    def test_accepts_what_is_right(self):
        self.assertEqual(security.violations(GOOD), [])

    def test_accepts_this_projects_template(self):
        self.assertEqual(security.violations(TEMPLATE.read_text()), [])

    def test_data_is_encrypted(self):
        self.complains("{SSEEnabled: false}", "{SSEEnabled: true}", "Table is not encrypted")
        self.complains("{}", "{SqsManagedSseEnabled: true}", "Queue is not encrypted")
        self.complains("{}", "{SSESpecification: {SSEEnabled: true}}", "Table is not encrypted")
        self.complains("[]", "[{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]", "Bucket is not encrypted")

    def test_plain_http_is_denied(self):
        self.complains("[]", "[!Ref Queue]", "Queue takes plain HTTP")
        self.complains('"true"', '"false"', "Queue takes plain HTTP")
        self.complains("s3:GetObject, Resource: x", "\"s3:*\", Resource: x", "Bucket takes plain HTTP")

    def test_nothing_is_public(self):
        self.complains("RestrictPublicBuckets: false", "RestrictPublicBuckets: true", "RestrictPublicBuckets")
        self.complains("ObjectWriter", "BucketOwnerEnforced", "access control lists")
        self.complains('"*"', "apigateway.amazonaws.com", "lets others")
        self.complains("Role: !GetAtt WorkRole.Arn\n      FunctionUrlConfig: {AuthType: NONE}", "Role: !GetAtt WorkRole.Arn", "past the API")
        allowing = '[{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: x}, {Effect: Deny, Principal: "*", Action: "s3:*", Resource: x'
        self.complains(allowing, '[{Effect: Deny, Principal: "*", Action: "s3:*", Resource: x', "BucketPolicy allows something")

    def test_routes_want_tokens(self):
        self.complains("AuthorizationType: NONE", "AuthorizationType: JWT", "GET /v1/jobs")
        self.complains("RouteKey: GET /v1/secrets", "RouteKey: GET /v1/health", "GET /v1/secrets")
        self.complains("Audience: []", "Audience: [a]", "issuer and audience")

    def test_roles_are_exact(self):
        self.complains("s3:Get*", "s3:GetObject", "a pattern of actions")
        self.complains('!Sub "${Bucket.Arn}/*"', '!Sub "${Bucket.Arn}/jobs/*"', "too many resources")
        self.complains('!Sub "${Bucket.Arn}/*/jobs/*"', '!Sub "${Bucket.Arn}/jobs/*"', "too many resources")
        self.complains("Principal: {AWS: x}", "Principal: {Service: lambda.amazonaws.com}", "by others than Lambda")
        extra = "{Effect: Allow, NotAction: s3:GetObject, Resource: x}\n              - {Effect: Allow, Action: s3:ListBucket"
        self.complains(extra, "{Effect: Allow, Action: s3:ListBucket", "does not say what it allows")

    def test_wide_rights_are_asked_for_and_few(self):
        self.complains("", "    Condition: Asked\n", "Wide is always allowed")
        self.complains("[s3:GetObject]", "[textract:DetectDocumentText]", "Wide allows more")

    def test_functions_write_their_own_logs(self):
        self.complains("[logs:CreateLogStream]", "[logs:CreateLogStream, logs:PutLogEvents]", "Work must have")
        self.complains("logs:PutLogEvents, logs:GetLogEvents]", "logs:PutLogEvents]", "no more of the logs")
        self.complains("Resource: !GetAtt OtherLog.Arn", "Resource: !GetAtt WorkLog.Arn", "on WorkLog")

    def test_event_sources_may_be_read(self):
        self.complains("[sqs:ReceiveMessage, ", "[sqs:ReceiveMessage, sqs:DeleteMessage, ", "sqs:DeleteMessage on Queue")
        self.complains("[dynamodb:DescribeStream, ", "[dynamodb:DescribeStream, dynamodb:GetRecords, ", "dynamodb:GetRecords on Table")
        self.complains("        S: {Type: Schedule, Properties: {}}",
                       "        S: {Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn}}", "not its event source")

    def test_readers_of_a_bucket_may_list_it(self):
        self.complains("s3:PutObject, Resource: !GetAtt", "s3:ListBucket, Resource: !GetAtt", "may not list it")

    def test_secrets_stand_in_secrets_manager(self):
        self.complains("SecretString: hunter2", "GenerateSecretString: {PasswordLength: 64}", "not generated")
        self.complains("ApiKey: {Type: String}, IdTokenMinutes:", "IdTokenMinutes:", "ApiKey takes a secret")
        either = 'STREAM_SECRET: !If [Asked, {}, ""]'
        good = 'STREAM_SECRET: !Sub "{{resolve:secretsmanager:${Secret}:SecretString}}"'
        self.assertEqual(security.violations(GOOD.replace(good, either.format(good.removeprefix("STREAM_SECRET: ")))), [])
        self.complains(either.format("abc"), good, "STREAM_SECRET")
        self.complains("STREAM_SECRET: abc", 'STREAM_SECRET: !Sub "{{resolve:secretsmanager:${Secret}:SecretString}}"', "STREAM_SECRET")

    def test_access_logs_hold_routes(self):
        self.complains("$context.path", "$context.routeKey", "Stage logs path")

    def test_users_are_verified(self):
        self.complains("AutoVerifiedAttributes: []", "AutoVerifiedAttributes: [email]", "nobody verified")
        self.complains("MfaConfiguration: \"OFF\"", "MfaConfiguration: OPTIONAL", "second factor")
        self.complains("MinimumLength: 8", "MinimumLength: 12", "short passwords")
        self.complains("LEGACY", "ENABLED", "who has an account")
        self.complains("UserAttributeUpdateSettings: {}", "UserAttributeUpdateSettings: {AttributesRequireVerificationBeforeUpdate: [email]}",
                       "nobody verified")

    def test_users_do_not_write_what_is_said_of_them(self):
        self.complains("WriteAttributes: [custom:company]", "WriteAttributes: [email]", "administrators")

    def test_origins_are_named(self):
        self.complains('AllowedOrigins: ["*"]', "AllowedOrigins: [!Ref Origin]", "every origin")


class Threats(unittest.TestCase):
    TABLE = "| asset | attacker | door | lock | test |\n|---|---|---|---|---|\n| jobs | a stranger | HTTP | tokens | {} |\n"

    def test_accepts_tests_and_rules_that_exist(self):
        text = self.TABLE.format("`tokens::signatures_that_are_not_ours_are_refused`, `security.py: tokens`")
        self.assertEqual(list(threats.violations(text)), [])

    def test_names_what_does_not_exist(self):
        for wrong in ("`tokens::nowhere`", "`nowhere::signatures_that_are_not_ours_are_refused`", "`security.py: nowhere`"):
            found = list(threats.violations(self.TABLE.format(wrong)))
            self.assertEqual(len(found), 1, wrong)

    def test_names_rows_without_a_test(self):
        self.assertIn("names no test", next(threats.violations(self.TABLE.format("trust us"))))

    def test_names_a_table_without_rows(self):
        self.assertIn("no row", next(threats.violations("nothing")))

    def test_accepts_this_projects_model(self):
        self.assertEqual(list(threats.violations(threats.MODEL.read_text())), [])


if __name__ == "__main__":
    unittest.main()
